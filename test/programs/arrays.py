# arrays.py: numpy's loops, which it has for each level of the processor, over
# every type, at odd lengths and strides.
import hashlib
import sys
import warnings
import numpy as np

warnings.simplefilter("ignore")
rng = np.random.default_rng(12345)


def digest(x):
    x = np.ascontiguousarray(x)
    if x.dtype.kind in "fc":
        x = np.where(np.isnan(x), np.array(np.nan, x.dtype), x)
    if x.dtype == np.longdouble:  # its padding is not defined
        return hashlib.md5(repr([np.format_float_scientific(v) for v in x.ravel()[:300]]).encode()).hexdigest()[:12]
    return hashlib.md5(x.tobytes()).hexdigest()[:12]


def sample(dtype, n, k):
    if np.dtype(dtype).kind == "f":
        x = (rng.standard_normal(n) * 10.0 ** rng.integers(-3, 4, n)).astype(dtype)
        x[k % n :: 17] = [0.0, -0.0, 1, np.inf, -np.inf, np.nan, 1e-40][k % 7]
        return x
    if np.dtype(dtype).kind == "c":
        return (rng.standard_normal(n) + 1j * rng.standard_normal(n)).astype(dtype)
    if np.dtype(dtype).kind == "b":
        return rng.integers(0, 2, n).astype(dtype)
    i = np.iinfo(dtype)
    return rng.integers(i.min, i.max, n, dtype=dtype, endpoint=True)


types = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128, np.bool_]
names = sorted(n for n in dir(np) if isinstance(getattr(np, n), np.ufunc))
for name in names:
    f = getattr(np, name)
    got = []
    for t in types:
        for k, n in enumerate((1, 7, 33, 1000)):
            args = [sample(t, n * 2, k + j)[:: 1 + k % 2][:n] for j in range(f.nin)]
            if name in ("left_shift", "right_shift", "power", "float_power", "ldexp") and np.dtype(t).kind in "iu":
                args[1] = np.abs(args[1] % 7).astype(t)
            try:
                r = f(*args)
            except TypeError:
                break
            except ValueError as e:
                got.append(str(e)[:20])
                continue
            got += [digest(v) for v in (r if isinstance(r, tuple) else (r,))]
    print(name, len(got), hashlib.md5(" ".join(got).encode()).hexdigest())
for t in types[:13]:
    a = sample(t, 1001, 1)
    if a.dtype.kind == "f":
        a = np.nan_to_num(a)
    m = a[:900].reshape(30, 30)
    print(np.dtype(t), digest(np.sort(a)), digest(np.argsort(a, kind="stable")), digest(a.sum()), digest(a.cumsum()), digest(a.max()), digest(a.argmin()) if a.dtype.kind != "c" else "-",
          digest(np.unique(a)), digest(np.einsum("ij,jk->ik", m, m)), digest(a.astype(np.float32)), digest(a.mean()), digest(np.partition(a, 100)[100]))
print(digest(np.fft.fft(rng.standard_normal(1000)).round(9)), digest(rng.random(1000)), digest(rng.normal(size=1000)), digest(rng.poisson(3, 1000)), digest(np.random.RandomState(1).gamma(2, size=1000)))
m = rng.standard_normal((60, 60))
print(np.linalg.det(m).round(6), np.allclose(m @ np.linalg.inv(m), np.eye(60)), np.abs(np.linalg.eigvals(m)).sum().round(6), np.linalg.svd(m)[1].round(8)[:3])
print(np.array2string(rng.standard_normal(20), precision=12), np.char.upper(np.array(["ab", "cd"])), np.packbits(rng.integers(0, 2, 100)).tolist())
