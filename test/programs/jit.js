// jit.js: what node compiles at run time: hot functions on integers, floats,
// typed arrays, strings and regular expressions; WebAssembly, with vectors;
// workers that share memory; digests and compression.
const crypto = require('crypto'), zlib = require('zlib');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

function digest(x) {
	return crypto.createHash('sha1').update(x).digest('hex').slice(0, 16);
}

// LEB128 and the sections of a module
const uleb = n => n < 128 ? [n] : [n & 127 | 128, ...uleb(n >> 7)];
const section = (id, body) => [id, ...uleb(body.length), ...body];
const code = body => [...uleb(body.length), ...body];
function wasm(types, funcs, bodies, names) {
	const name = (s, i) => [s.length, ...Buffer.from(s), 0, i];
	return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0,
		...section(1, [types.length, ...types.flat()]), ...section(3, [funcs.length, ...funcs]), ...section(5, [1, 0, 2]),
		...section(7, [names.length + 1, ...names.map(name).flat(), 3, ...Buffer.from('mem'), 2, 0]),
		...section(10, [bodies.length, ...bodies.map(b => code([0, ...b, 0x0b])).flat()])]));
}
const I32 = 0x7f, I64 = 0x7e, F64 = 0x7c, get = i => [0x20, i];
const simd = n => [0xfd, ...uleb(n)];
const load = off => [...get(1), ...simd(0), 4, ...uleb(off)];
const store = off => [...simd(11), 4, ...uleb(off)];
// fib(n); mix(x, y) of i64; root(x, y); vec(0, p): 16 bytes at p with those at p + 16 by each operation
const range = (a, b) => Array.from({ length: b - a + 1 }, (_, i) => a + i);
const binary = [14, ...range(35, 76), ...range(78, 81), 101, 102, ...range(110, 115), ...range(118, 121), 123, 130, 133, 134, ...range(142, 147),
	...range(149, 153), ...range(155, 159), 174, 177, ...range(181, 186), ...range(188, 191), 206, 209, ...range(213, 223), ...range(228, 235), ...range(240, 247)];
const unary = [77, ...range(94, 98), ...range(103, 106), 116, 117, 122, ...range(124, 129), ...range(135, 138), 148, 160, 161, ...range(167, 170), 192, 193,
	...range(199, 202), 224, 225, 227, 236, 237, 239, ...range(248, 255)];
const ops = [...binary, ...unary];
const m = wasm([[0x60, 1, I32, 1, I32], [0x60, 2, I64, I64, 1, I64], [0x60, 2, F64, F64, 1, F64], [0x60, 2, I32, I32, 0]], [0, 1, 2, 3], [
	[...get(0), 0x41, 2, 0x48, 0x04, I32, ...get(0), 0x05, ...get(0), 0x41, 1, 0x6b, 0x10, 0, ...get(0), 0x41, 2, 0x6b, 0x10, 0, 0x6a, 0x0b],
	[...get(0), ...get(1), 0x7e, ...get(0), 0x89, ...get(1), 0x7b, 0x7c, ...get(0), ...get(1), 0x42, 7, 0x84, 0x82, 0x7d, ...get(0), 0x79, ...get(1), 0x7a, 0x7c, 0x85],
	[...get(0), 0x99, 0x9f, ...get(1), 0xa2, ...get(0), 0x9e, ...get(1), 0xa5, ...get(0), 0x9c, 0xa0, 0xa0],
	ops.flatMap((op, i) => [...get(1), ...load(0), ...(i < binary.length ? load(16) : []), ...simd(op), ...store(64 + 16 * i)])
], ['fib', 'mix', 'root', 'vec']);
const w = new WebAssembly.Instance(m).exports;

function hot() {
	let s = 0, f = 0.5;
	for (let i = 0; i < 300000; i++) s = (s * 31 + (i ^ s >>> 3)) | 0;
	for (let i = 1; i < 200000; i++) f += Math.sqrt(i) / (i + 0.25) - Math.floor(f * 0.001);
	const a = new Float64Array(5000), b = new Int32Array(5000), c = new Uint8ClampedArray(5000);
	for (let k = 0; k < 10; k++) for (let i = 0; i < a.length; i++) {
		a[i] += Math.sin(i * k) * Math.pow(i, 0.3);
		b[i] = a[i] * 1e4;
		c[i] = a[i] * 100;
	}
	return [s, f, digest(a), digest(b), digest(c)];
}

if (isMainThread) {
	console.log(hot(), hot());
	console.log(w.fib(22), w.mix(0x123456789abcdefn, -77n), w.root(-2, 3.75), w.root(1e300, NaN));
	const mem = new Uint8Array(w.mem.buffer);
	let all = '';
	for (let k = 0; k < 200; k++) {
		for (let i = 0; i < 32; i++) mem[i] = k < 100 ? (i * 7919 + k * 104729) >> (i % 3) : [0, 0x80, 0x7f, 0xff, 1][(i * k) % 5];
		w.vec(0, 0);
		all += digest(mem);
	}
	console.log(digest(all));
	console.log('lorem ipsum dolor sit amet'.repeat(2000).replace(/(\w+) (\w)/g, (_, p, q) => q + p).match(/[a-m]+[n-t]/g).length);
	const words = new Map();
	for (let i = 0; i < 60000; i++) words.set('k' + i % 997, (words.get('k' + i % 997) || 0) + i);
	console.log(words.size, [...words.values()].reduce((x, y) => x + y), 3n ** 200n % 1000003n, (1e21 + 0.1).toString(36), 0.1 * 3);
	for (const h of ['md5', 'sha256', 'sha512', 'sha3-256', 'blake2b512']) console.log(h, crypto.createHash(h).update('x'.repeat(10000)).digest('base64'));
	const key = Buffer.alloc(32, 7), c = crypto.createCipheriv('aes-256-gcm', key, Buffer.alloc(12));
	console.log(digest(Buffer.concat([c.update(Buffer.alloc(5000, 3)), c.final(), c.getAuthTag()])));
	console.log(digest(zlib.gzipSync('abc'.repeat(9999))), zlib.brotliDecompressSync(zlib.brotliCompressSync('abc'.repeat(99))).length);
	let deep = 0;
	try {
		(function f() { deep++; f(); })();
	} catch (e) {
		console.log(e instanceof RangeError, deep > 1000);
	}
	const shared = new Int32Array(new SharedArrayBuffer(16));
	let left = 3;
	for (let i = 0; i < 3; i++) new Worker(__filename, { workerData: shared }).on('exit', code => {
		if (--left == 0) console.log('workers', code, shared[0], shared[1]);
	});
} else {
	for (let i = 0; i < 20000; i++) Atomics.add(workerData, 0, i & 3);
	if (Atomics.add(workerData, 1, 1) == 2) Atomics.store(workerData, 2, 1), Atomics.notify(workerData, 2);
	else Atomics.wait(workerData, 2, 0);
}
