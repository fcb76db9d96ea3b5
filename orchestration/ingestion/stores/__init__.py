"""Where delivered files lie: a local folder, SFTP, S3. One class per kind of store."""
