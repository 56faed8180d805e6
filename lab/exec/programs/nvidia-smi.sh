#!/bin/sh
# Plays nvidia-smi where the machine has none: one GPU that is well, and says in its first line that it is played.
echo '# stand-in: this machine has no GPU'
case "$*" in
*--query-gpu=*)
  echo '0, NVIDIA L4 (stand-in), 00000000:00:04.0, 550.54.15, Enabled, Disabled, [N/A], 41, P0, 31.42, 72.00, 12, 9216, 23034, 0, Default, [N/A]'
  ;;
*--query-compute-apps=*) echo '4242, /app/ai-server, 9011' ;;
*)
  cat <<'TABLE'
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 550.54.15              Driver Version: 550.54.15      CUDA Version: 12.4     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA L4 (stand-in)           On  |   00000000:00:04.0 Off |                    0 |
| N/A   41C    P0             31W /   72W |    9216MiB /  23034MiB |     12%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+

+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI        PID   Type   Process name                              GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|    0   N/A  N/A      4242      C   /app/ai-server                               9011MiB |
+-----------------------------------------------------------------------------------------+
TABLE
  ;;
esac
