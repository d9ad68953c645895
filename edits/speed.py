# SPDX-License-Identifier: GPL-2.0-only
"""How fast this machine is: seconds for a piece of compiling that stays the same from commit to commit."""
import subprocess
import time

FUNCTION = """
unsigned long f{n}(unsigned long *a, unsigned long b)
{{
	for (unsigned long i = 0; i < b; i++)
		switch (a[i] % {n}) {{
		case 0: a[i] += f(a + i, b / 2); break;
		case 1: a[i] ^= a[b - i - 1] * {n}; break;
		default: a[i] = a[i] > b ? a[i] - b : f(a, i) + {n};
		}}
	return a[b / 2];
}}
"""
SOURCE = "unsigned long f(unsigned long *, unsigned long);" + "".join(FUNCTION.format(n=n) for n in range(3, 150))


def measure():
    """Compile it by one processor, without a cache."""
    start = time.monotonic()
    subprocess.run(["gcc", "-O2", "-x", "c", "-c", "-o", "/dev/null", "-"], input=SOURCE, text=True, check=True)
    return time.monotonic() - start


if __name__ == "__main__":
    print(f"{measure():.1f} s")
