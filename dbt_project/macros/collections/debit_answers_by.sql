{#
  The answers found before (the CTE `before`), and those that this rule adds: unmatched results and requests of a bank that
  agree in `columns`. A result that has the batch of a request is matched by batch only. Other results answer only requests
  made by the day of the debit. With is_period_named, results without a period of their own are left out. A refusal after the
  last day on which the bank may refuse answers nothing. A line that a file calls a return answers no request whose debit day
  is still to come. A result answers the newest request that fits; of several results the first answers it. Reads the CTEs
  requests and results of int_debit_answers.
#}
{% macro debit_answers_by(columns, before, matched_by, is_period_named=none) -%}
select * from {{ before }}
union all
select bank_code, batch_id, line, result_batch_id, result_debited_on, result_line, {{ matched_by }} as matched_by
from (
    select
        *,
        row_number() over (
            partition by bank_code, batch_id, line order by result_debited_on, result_batch_id, result_line
        ) as result_rank
    from (
        select
            requests.bank_code,
            requests.batch_id,
            requests.line,
            results.batch_id as result_batch_id,
            results.debited_on as result_debited_on,
            results.line as result_line,
            row_number() over (
                partition by results.bank_code, results.batch_id, results.debited_on, results.line
                order by requests.requested_on desc, requests.batch_id desc, requests.line
            ) as request_rank
        from results
        inner join requests
            on
                results.bank_code = requests.bank_code
                {% for column in columns -%}
                and results.{{ column }} = requests.{{ column }}
                {% endfor %}
        left join {{ before }} as answered
            on
                requests.bank_code = answered.bank_code
                and requests.batch_id = answered.batch_id
                and requests.line = answered.line
        left join {{ before }} as answering
            on
                results.bank_code = answering.bank_code
                and results.batch_id = answering.result_batch_id
                and results.debited_on = answering.result_debited_on
                and results.line = answering.result_line
        where
            answered.line is null
            and answering.line is null
            {% if 'batch_id' in columns -%}
            and results.has_request_batch
            {%- else -%}
            and not results.has_request_batch
            and requests.requested_on <= results.debited_on
            -- A returned debit was executed before: it cannot answer a request whose debit day is still to come.
            and (results.is_return is not true or requests.debit_on <= results.debited_on)
            {%- endif %}
            {%- if is_period_named == true %}
            and results.is_period_named
            {%- elif is_period_named == false or ('batch_id' not in columns and 'billing_period' not in columns) %}
            and not results.is_period_named
            {%- endif %}
            and (
                requests.refused_until is null
                or results.debited_on <= requests.refused_until
                or results.collected_amount > 0
            )
    ) as fitting
    where request_rank = 1
) as answering_first
where result_rank = 1
{%- endmacro %}
