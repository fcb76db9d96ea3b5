{# The cause of a failed debit in words. #}
{% macro debit_cause_words(cause, language) -%}
    case {{ cause }}
        when 'insufficient_funds' then '{{ 'insufficient funds' if language == 'en' else '余额不足' }}'
        when 'account_fault' then '{{ 'bank account at fault' if language == 'en' else '账号有误' }}'
        when 'mandate' then '{{ 'no mandate' if language == 'en' else '无授权' }}'
        else '{{ 'other cause' if language == 'en' else '其他原因' }}'
    end
{%- endmacro %}

{# A sentence on known money that covers a bill: a row of the CTE `covering` of dunning_list. #}
{% macro money_not_applied_words(language) -%}
    {%- set amount = 'cast(amount as varchar)' -%}
    {%- set known_on = 'cast(known_on as varchar)' -%}
    case money_kind
        {% if language == 'en' -%}
        when 'payment_dated_later'
            then {{ amount }} || ' is paid on account ' || cover_account_id || ', dated ' || {{ known_on }} || '.'
        when 'payment_on_unknown_account'
            then {{ amount }} || ' was paid on ' || {{ known_on }} || ' on account ' || cover_account_id || ', which no export has.'
        when 'prepaid_elsewhere'
            then {{ amount }} || ' lies prepaid on account ' || cover_account_id || ', which belongs to the same payer.'
        else {{ amount }} || ' was asked of the bank on ' || {{ known_on }} || ' for account ' || cover_account_id || ' and is not answered.'
        {%- else -%}
        when 'payment_dated_later'
            then '账户 ' || cover_account_id || ' 已缴 ' || {{ amount }} || '，缴费日期为 ' || {{ known_on }} || '。'
        when 'payment_on_unknown_account'
            then {{ known_on }} || ' 在资料中没有的账户 ' || cover_account_id || ' 上缴了 ' || {{ amount }} || '。'
        when 'prepaid_elsewhere'
            then '同一付款人的账户 ' || cover_account_id || ' 有预存 ' || {{ amount }} || '。'
        else {{ known_on }} || ' 已为账户 ' || cover_account_id || ' 向银行请求代扣 ' || {{ amount }} || '，尚未回盘。'
        {%- endif %}
    end
{%- endmacro %}

{# Why a bill is dunned or not, in words: a row of the CTE `explained` of dunning_list. #}
{% macro dunning_words(language) -%}
    {%- set day = 'cast(refused_or_returned_on as varchar)' -%}
    {%- set cause = debit_cause_words('debit_cause', language) -%}
    {% if language == 'en' -%}
    case
        when dunned_amount <= 0 then 'Not dunned: '
        when reason = 'debit_returned' then 'The bank took back a debit on ' || {{ day }} || ': ' || {{ cause }} || '.'
        when reason = 'payment_reversed' then 'A payment was reversed on ' || {{ day }} || '.'
        when reason = 'debit_refused' then 'The bank refused the debit on ' || {{ day }} || ': ' || {{ cause }} || '.'
        when reason = 'paid_in_part'
            then 'Of ' || cast(bill_amount as varchar) || ' only ' || cast(received as varchar) || ' is paid, the last part on '
                || cast(last_applied_on as varchar) || '.'
        else 'Nothing is paid on this bill since it was issued.'
    end
    || case when dunned_amount <= 0 then covered_en else coalesce(' ' || covered_en, '') end
    || case
        when account_id <> settling_account_id
            then ' The bill is of account ' || account_id || ', which was merged'
                || coalesce(' on ' || cast(merged_on as varchar), '') || '; account ' || settling_account_id || ' settles it.'
        else ''
    end
    || case
        when dunned_amount <= 0 then ''
        when last_payment_on is null then ' No payment of the account is known.'
        else ' Last payment: ' || cast(last_payment_amount as varchar) || ' on ' || cast(last_payment_on as varchar) || '.'
    end
    {%- else -%}
    case
        when dunned_amount <= 0 then '不催缴：'
        when reason = 'debit_returned' then '银行于 ' || {{ day }} || ' 退回代扣款：' || {{ cause }} || '。'
        when reason = 'payment_reversed' then '缴费于 ' || {{ day }} || ' 冲正。'
        when reason = 'debit_refused' then '银行于 ' || {{ day }} || ' 代扣失败：' || {{ cause }} || '。'
        when reason = 'paid_in_part'
            then '账单 ' || cast(bill_amount as varchar) || ' 只缴 ' || cast(received as varchar) || '，最近一次 '
                || cast(last_applied_on as varchar) || '。'
        else '账单出账以来未缴。'
    end
    || coalesce(covered_zh, '')
    || case
        when account_id <> settling_account_id
            then '账单属账户 ' || account_id || '，' || coalesce(cast(merged_on as varchar) || ' ', '') || '合户后由账户 '
                || settling_account_id || ' 结算。'
        else ''
    end
    || case
        when dunned_amount <= 0 then ''
        when last_payment_on is null then '没有该账户的缴费记录。'
        else '最近缴费：' || cast(last_payment_on as varchar) || '，' || cast(last_payment_amount as varchar) || '。'
    end
    {%- endif %}
{%- endmacro %}
