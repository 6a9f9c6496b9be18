"""sysconfig (and zoneinfo through it) reads this; nothing can be built here."""

build_time_vars = {"TZPATH": "/usr/share/zoneinfo"}
