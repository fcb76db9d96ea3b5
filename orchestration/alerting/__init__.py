"""Telling people by e-mail or webhook what needs them: a failed run, a blocked edition, a held file, or that nothing came.

`occasions` finds what people must be alerted to, `messages` writes it, `outbox` keeps what was sent, `delivery` sends it,
`sending` brings them together. Nothing here knows Dagster: its sensors and the commands call `sending`.
"""
