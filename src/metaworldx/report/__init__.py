"""HTML reports and tables of runs.

Two pages share `html_template`: `run_report.page` of a training run, and `pipeline_page.page` of a
pipeline run; `runs_table` compares several pipeline runs.
"""
