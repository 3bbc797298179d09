"""Text becomes values here, once and strictly; every error of a request is collected."""
