"""Where bytes come from: folders, members of archives, URLs; every path found once, nothing unpacked."""
