"""Checksum offload of a device, switched off: a userspace switch never fills in what was left for a network card.

With it on, TCP from a pod into the userspace datapath times out: its checksums are never computed. This is what
``ethtool -K DEVICE tx off`` does, by the same ioctl (linux/ethtool.h, linux/sockios.h).
"""

from __future__ import annotations

import array
import fcntl
import socket
import struct

_SIOCETHTOOL = 0x8946
_ETHTOOL_GTXCSUM = 0x16
_ETHTOOL_STXCSUM = 0x17


def switch_off(device: str) -> None:
    """Switches transmit checksum offload of a device in this network namespace off. Raises ``OSError``."""
    _ioctl(device, _ETHTOOL_STXCSUM, 0)


def is_on(device: str) -> bool:
    """Whether a device in this network namespace leaves checksums to the hardware. Raises ``OSError``."""
    return bool(_ioctl(device, _ETHTOOL_GTXCSUM, 0))


def _ioctl(device: str, command: int, value: int) -> int:
    ethtool_value = array.array("I", (command, value))
    address, _ = ethtool_value.buffer_info()
    request = struct.pack("16sP16x", device.encode(), address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCETHTOOL, request)
    return ethtool_value[1]
