import runpy
from pathlib import Path

source = """
made = ["dataset"]
if __name__ == "__main__":
    made.append("loader")
"""
Path("train.py").write_text(source)
for name in ("__main__", "__mp_main__"):
    print(name, runpy.run_path("train.py", run_name=name)["made"])
#> __main__ ['dataset', 'loader']
#> __mp_main__ ['dataset']
