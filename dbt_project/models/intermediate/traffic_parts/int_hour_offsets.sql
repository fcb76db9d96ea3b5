-- One row per further clock hour that a call of at most 24 hours can reach, counted from the hour it began in.
select hour_offset
from (
    values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20),
    (21), (22), (23), (24)
) as offsets (hour_offset)
