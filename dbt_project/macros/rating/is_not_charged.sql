{#
  Whether no account of the branch is charged for a record (SPEC 4, state 6). That is a record for another party's account. Unless
  the record itself names the number that pays, it is also a call that the switch declares as transit, and a call that came in
  over a trunk to a zone that is not charged to the called party.
#}
{% macro is_not_charged(calls) -%}
    (
        coalesce({{ calls }}.is_billed_elsewhere, false)
        or (
            {{ calls }}.recorded_charged_number is null
            and (
                coalesce({{ calls }}.call_kind = 'transit', false)
                or ({{ calls }}.trunk_group_in is not null and not {{ calls }}.is_charged_to_called)
            )
        )
    )
{%- endmacro %}
