"""How the C library's memory is bounded, seen from the C library."""

import subprocess
import sys

PROGRAM = """
import ctypes, sys, tempfile, threading

from perfsite import arenas

if sys.argv[1] == "bound":
    assert arenas.bound()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
libc.fopen.argtypes, libc.malloc_info.argtypes = [ctypes.c_char_p] * 2, [ctypes.c_int, ctypes.c_void_p]
libc.fclose.argtypes = [ctypes.c_void_p]
here = threading.Barrier(12)


def work():
    here.wait()
    for _ in range(100):
        libc.malloc(2_000)
    here.wait()


threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with tempfile.NamedTemporaryFile() as file:
    stream = libc.fopen(file.name.encode(), b"w")
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(file.read().count(b"<heap nr="))
"""


def arenas_of(how: str) -> int:
    """Return how many arenas twelve threads that allocate make."""
    return int(subprocess.run([sys.executable, "-c", PROGRAM, how], check=True, stdout=subprocess.PIPE).stdout)


def test_threads_share_two_arenas() -> None:
    assert arenas_of("free") > 2
    assert arenas_of("bound") == 2
