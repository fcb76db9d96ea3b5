"""Telling people by e-mail or webhook what needs them: a failed run, a blocked edition, a held file, or that nothing came.

`occasions` says what there is to tell, `messages` in which words, `outbox` what was told already, `delivery` how it is sent,
`sending` brings them together. Nothing here knows Dagster: its sensors and the commands call `sending`.
"""
