#!/bin/sh
# Plays nvidia-smi where the machine has none: one GPU that is well, and says in its first line that it is played.
echo '# stand-in: this machine has no GPU'
case "$*" in
*--query-gpu=*) echo '0, NVIDIA L4 (stand-in), 550.54.15, 41, 12, 9216, 23034, 0, P0' ;;
*--query-compute-apps=*) echo '4242, /app/ai-server, 9011' ;;
*)
  echo 'NVIDIA-SMI 550.54.15    Driver Version: 550.54.15    CUDA Version: 12.4'
  echo '  0  NVIDIA L4 (stand-in)   41C   P0    9216MiB / 23034MiB    12%'
  ;;
esac
