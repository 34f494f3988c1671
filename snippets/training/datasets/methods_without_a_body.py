source = """
class Squares(Dataset):
    def __len__(self):

    def __getitem__(self, index):
"""
try:
    compile(source, "squares.py", "exec")
except IndentationError as error:
    print(error.msg)
    #> expected an indented block after function definition on line 3
