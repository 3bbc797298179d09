"""Text is parsed here, once and strictly; all errors of a request are collected."""
