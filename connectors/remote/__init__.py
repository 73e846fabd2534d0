"""Folders on other machines, for sources and the archive: SFTP, S3, WebDAV, others of fsspec.

`open_files` is the entry point: a URL and its options to a file system. `files` sees to it that
every call ends and that every error is an OSError. A module for each protocol has what its library
does differently. Which library is installed is the deployment's choice (extras).
"""
