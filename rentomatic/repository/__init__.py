"""Where rooms are kept; `interface` says what every repository promises."""
