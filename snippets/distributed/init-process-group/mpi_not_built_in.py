import torch.distributed as dist

try:
    dist.init_process_group("mpi")
except RuntimeError as error:
    print(str(error).partition(".")[0])
    #> Distributed package doesn't have MPI built in
