import pickle
import zipfile

import torch

torch.save({"weight": torch.ones(3)}, "model.pkl")
with zipfile.ZipFile("model.pkl") as archive:
    names = archive.namelist()
print([name for name in ("model/data.pkl", "model/data/0") if name in names])
#> ['model/data.pkl', 'model/data/0']
with open("model.pkl", "rb") as file:
    try:
        pickle.load(file)
    except pickle.UnpicklingError as error:
        print(error)
        #> A load persistent id instruction was encountered,
        #> but no persistent_load function was specified.
