"""Who may see what: roles, scopes, accounts, sessions. What a scope means for the rows of a mart is in dashboards/."""
