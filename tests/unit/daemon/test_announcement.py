"""The frames by which a node announces an address, and the message that puts them into a bridge."""

from __future__ import annotations

import asyncio
import struct
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from controller.daemon.announcement import frame
from controller.daemon.packet_out import inject, packet_out

MAC = "0a:00:00:00:00:07"
RAW = bytes.fromhex("0a0000000007")


def test_an_ipv4_address_is_announced_to_all_by_a_request_for_itself() -> None:
    found = frame("172.31.0.7", MAC)
    address = bytes((172, 31, 0, 7))
    assert found[:14] == b"\xff" * 6 + RAW + b"\x08\x06"
    assert found[14:] == bytes.fromhex("0001080006040001") + RAW + address + bytes(6) + address


def test_an_ipv6_address_is_announced_to_all_nodes_with_a_checksum_that_holds() -> None:
    found = frame("fd00::7", MAC)
    own, everyone = IPv6Address("fd00::7").packed, IPv6Address("ff02::1").packed
    assert found[:14] == bytes.fromhex("333300000001") + RAW + b"\x86\xdd"
    header, body = found[14:54], found[54:]
    assert header == bytes.fromhex("6000000000203aff") + own + everyone
    assert body[:2] == bytes((136, 0))
    assert body[4:] == bytes.fromhex("20000000") + own + bytes((2, 1)) + RAW
    summed = own + everyone + struct.pack("!II", len(body), 58) + body
    total = sum(struct.unpack(f"!{len(summed) // 2}H", summed))
    assert total % 0xFFFF == 0


def test_in_a_vlan_the_frame_is_tagged() -> None:
    tagged = frame("172.31.0.7", MAC, 204)
    assert tagged[12:16] == bytes.fromhex("810000cc")
    assert tagged[:12] + tagged[16:] == frame("172.31.0.7", MAC)


@pytest.mark.parametrize("refused", [False, True])
async def test_a_frame_goes_in_by_a_port_and_a_refusal_is_an_error(tmp_path: Path, refused: bool) -> None:
    heard: list[bytes] = []

    async def bridge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kind = None
        while kind != 18:
            header = await reader.readexactly(8)
            _, kind, size, xid = struct.unpack("!BBHI", header)
            heard.append(header + await reader.readexactly(size - 8))
        for answer in (1, 19) if refused else (0, 19):
            writer.write(struct.pack("!BBHI", 1, answer, 8, xid))
        await writer.drain()
        writer.close()

    path = tmp_path / "br-phys.mgmt"
    async with await asyncio.start_unix_server(bridge, str(path)):
        if refused:
            with pytest.raises(OSError, match="refuses"):
                await inject(path, 3, b"frame")
        else:
            await inject(path, 3, b"frame")
    assert heard[1] == packet_out(3, b"frame")
    assert heard[1][8:] == bytes.fromhex("ffffffff00030008") + bytes.fromhex("00000008fffa0000") + b"frame"
