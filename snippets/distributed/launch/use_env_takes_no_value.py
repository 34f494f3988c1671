import contextlib
import io

from torch.distributed.launch import parse_args

print(parse_args(["--use_env", "train.py"]).use_env)
#> True
with contextlib.redirect_stderr(io.StringIO()) as said:
    try:
        parse_args(["--use_env=True", "train.py"])
    except SystemExit as error:
        print(error.code, said.getvalue().splitlines()[-1].partition("error: ")[2])
        #> 2 argument --use-env/--use_env: ignored explicit argument 'True'
