-- a threshold of the call anomalies changed
select distinct call_date from intermediate.int_calls_judged
where exists (
    select distinct 1
    from ((
        select ultra_short_seconds, ultra_short_calls, over_long_seconds from state.used_anomaly_thresholds
        except
        select ultra_short_seconds, ultra_short_calls, over_long_seconds from intermediate.int_anomaly_thresholds
    )
    union all
    (
        select ultra_short_seconds, ultra_short_calls, over_long_seconds from intermediate.int_anomaly_thresholds
        except
        select ultra_short_seconds, ultra_short_calls, over_long_seconds from state.used_anomaly_thresholds
    ))
)
