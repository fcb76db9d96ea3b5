-- the pieces of a long call changed
select distinct call_date
from ((
    select * from state.used_joined_pieces
    except
    select * from raw.joined_pieces
)
union all
(
    select * from raw.joined_pieces
    except
    select * from state.used_joined_pieces
))
