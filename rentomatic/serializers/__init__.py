"""Changes, summaries, reports and errors become JSON here; rooms do in rentomatic.formats."""
