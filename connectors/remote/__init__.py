"""Folders on other machines, for sources and the archive: SFTP, S3, WebDAV, others of fsspec."""
