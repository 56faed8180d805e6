#!/bin/sh
# The shell of the pod in which data are restored: it sees the machine's programs and the lab's data, and is whom the data belong to.
# As an image has it; the one that kwok gave is of its own root.
export PATH=/usr/local/bin:/usr/bin:/bin
exec /opt/lab/tools/chroot --userspec="$LAB_USER" --groups= /opt/lab/private/image /bin/sh "$@"
