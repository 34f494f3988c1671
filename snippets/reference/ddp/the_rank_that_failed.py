# Needs: snippets
# Device: cpu
from snippets.ddp import distributed
from snippets.launching import RankError, launch


def train():
    with distributed(device="cpu") as here:
        if here.rank == 1:
            raise ValueError("no such class: 10")


if __name__ == "__main__":
    try:
        launch(train, 2)
    except RankError as error:
        print(error.rank, error.exitcode)
        #> 1 1
        print(error)
        #> rank 1 raised; its last line: ValueError: no such class: 10 ...
