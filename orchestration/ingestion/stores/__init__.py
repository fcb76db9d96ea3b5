"""The stores of delivered files: a local folder, SFTP, S3. One class per kind of store."""
