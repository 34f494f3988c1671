pasted = """
from torch.utils.data import SequentialSampler
print(list(SequentialSampler(range(5, 8))))
>>>[0, 1, 2]
"""
try:
    compile(pasted, "pasted.py", "exec")
except SyntaxError as error:
    print(error.lineno, error.msg)
    #> 4 invalid syntax
