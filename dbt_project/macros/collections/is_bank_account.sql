{#
  Whether a text is a valid bank account: 6 to 34 letters and digits (SPEC 3.3). An invalid one is never sent to a bank.
#}
{% macro is_bank_account(text) -%}
(
    length({{ text }}) between 6 and 34
    and translate(upper({{ text }}), '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', '') = ''
)
{%- endmacro %}
