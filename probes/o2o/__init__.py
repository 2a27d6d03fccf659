"""Online-to-offline jobs: how far the tags reach that they copy from the online database."""
