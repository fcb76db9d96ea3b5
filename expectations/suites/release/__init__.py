"""Release gates (SPEC 11): each is critical, and an edition is published only when all of them hold.

Keys and arithmetic of single models are dbt's; these gates look across marts, at what would go out.
"""
