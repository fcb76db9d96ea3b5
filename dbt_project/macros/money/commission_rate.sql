{# Whether a row of int_commission_bases counts, or had counted, at the percent of a tier. #}
{% macro counts_on_time(bases) -%}
    ({{ bases }}.line_kind = 'on_time' or coalesce({{ bases }}.paid_period = {{ bases }}.billing_period, false))
{%- endmacro %}

{#
  The percent, or the bonus, at which a row of int_commission_bases counts, by the row of int_commission_rates of the settlement
  that pays it or had paid it. Null where that reached no tier or had no plan.
#}
{% macro commission_rate(bases, rates) -%}
    case
        when {{ bases }}.line_kind in ('activation', 'clawback') then {{ rates }}.activation_bonus
        when {{ counts_on_time(bases) }} then {{ rates }}.commission_percent
        else {{ rates }}.late_percent
    end
{%- endmacro %}
