"""Set-up of a working copy: is Java here, the virtual environment, the Delta jars, the zip, the demo's keys.

It runs before anything is installed, so it imports the standard library alone. Only `resolve`, a process of
its own, needs pyspark.
"""
