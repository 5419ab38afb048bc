// kernels.c: small compute kernels for measuring: `kernels NAME [REPEAT]`;
// prints checksums.

#include "guest.h"

static u64 rng = 88172645463325252ul;

static u64
next_random(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	return rng ^= rng << 17;
}

#define NOINLINE __attribute__((noinline))

// recursive calls
static NOINLINE u64
fib(u64 n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static u64
k_fib(void)
{
	return fib(27);
}

static u8 sieve[1 << 18];

static u64
k_sieve(void)
{
	u64 n = sizeof sieve, count = 0;
	memset(sieve, 1, n);
	for (u64 i = 2; i < n; ++i) {
		if (!sieve[i])
			continue;
		++count;
		for (u64 j = i * i; j < n; j += i)
			sieve[j] = 0;
	}
	return count;
}

static u64 table_keys[1 << 14], table_values[1 << 14];

static u64
k_hash(void)
{
	u64 mask = (1 << 14) - 1, sum = 0;
	memset(table_keys, 0, sizeof table_keys);
	for (u64 i = 1; i < 10000; ++i) {
		u64 k = i * 2654435761u, h = (k ^ k >> 15) & mask;
		while (table_keys[h] && table_keys[h] != k)
			h = (h + 1) & mask;
		table_keys[h] = k;
		table_values[h] = i;
	}
	for (u64 i = 1; i < 20000; ++i) {
		u64 k = i * 2654435761u, h = (k ^ k >> 15) & mask;
		while (table_keys[h] && table_keys[h] != k)
			h = (h + 1) & mask;
		if (table_keys[h])
			sum += table_values[h];
	}
	return sum;
}

static u32 numbers[20000];

static void
quicksort(u32 *a, i64 n)
{
	while (n > 1) {
		u32 pivot = a[n / 2];
		i64 i = 0, j = n - 1;
		for (;;) {
			while (a[i] < pivot)
				++i;
			while (a[j] > pivot)
				--j;
			if (i >= j)
				break;
			u32 t = a[i];
			a[i++] = a[j];
			a[j--] = t;
		}
		quicksort(a, i);
		a += i;
		n -= i;
	}
}

static u64
k_sort(void)
{
	u64 h = 0;
	for (int i = 0; i < 20000; ++i)
		numbers[i] = (u32)next_random();
	quicksort(numbers, 20000);
	for (int i = 1; i < 20000; ++i)
		h = h * 31 + (numbers[i - 1] <= numbers[i]);
	return h;
}

// a bytecode machine: counts down in nested loops
static u64
k_switch(void)
{
	static const u8 code[] = { 0, 200, 1, 0, 250, 2, 4, 3, 5, 6, 3, 7, 3, 8, 3, 9, 10 };
	u64 acc = 1, outer = 0, inner = 0;
	for (u64 pc = 0;;) {
		switch (code[pc++]) {
		case 0: acc += code[pc++]; break;
		case 1: outer = 200; break;
		case 2: inner = 100; break;
		case 3: acc = acc * 5 + 3; break;
		case 4: acc ^= acc >> 7; break;
		case 5: acc += inner; break;
		case 6: acc -= outer; break;
		case 7: acc ^= acc << 3; break;
		case 8: acc |= 1; if (--inner) pc = 6; break;
		case 9: if (--outer) pc = 5; break;
		case 10: return acc;
		}
	}
}

static NOINLINE u64 f_add(u64 x) { return x + 7; }
static NOINLINE u64 f_xor(u64 x) { return x ^ 0x55; }
static NOINLINE u64 f_rot(u64 x) { return x << 1 | x >> 63; }
static NOINLINE u64 f_mul(u64 x) { return x * 3; }
static u64 (*volatile const functions[])(u64) = { f_add, f_xor, f_rot, f_mul };

static u64
k_pointers(void)
{
	u64 x = 1;
	for (u32 i = 0; i < 300000; ++i)
		x = functions[(x ^ i) & 3](x);
	return x;
}

static u32 chain[1 << 16];

static u64
k_chase(void)
{
	u32 n = 1 << 16, p = 0;
	u64 sum = 0;
	for (u32 i = 0; i < n; ++i)
		chain[i] = i;
	for (u32 i = n - 1; i; --i) {
		u32 j = (u32)(next_random() % i), t = chain[i];
		chain[i] = chain[j];
		chain[j] = t;
	}
	for (u32 i = 0; i < 500000; ++i)
		sum += p = chain[p];
	rng = 88172645463325252ul;
	return sum != 0;
}

static char text_a[4096], text_b[4096];

static NOINLINE u64
compare(const char *a, const char *b)
{
	u64 i = 0;
	while (a[i] && a[i] == b[i])
		++i;
	return i;
}

static NOINLINE u64
count_char(const char *s, char c)
{
	u64 n = 0;
	for (; *s; ++s)
		n += *s == c;
	return n;
}

static u64
k_string(void)
{
	u64 sum = 0;
	for (int i = 0; i < 4095; ++i)
		text_a[i] = (char)('a' + i % 23);
	for (int r = 0; r < 40; ++r) {
		memcpy(text_b, text_a, sizeof text_a);
		text_b[4000 - r] = '!';
		sum += compare(text_a, text_b) + length(text_b) + count_char(text_b, 'c');
	}
	return sum;
}

struct body { double x, y, z, vx, vy, vz, mass; };

static double
root(double x)
{
	double r;
	__asm__("sqrtsd %1, %0" : "=x"(r) : "x"(x));
	return r;
}

static u64
k_nbody(void)
{
	static struct body b[5];
	double e = 0;
	for (int i = 0; i < 5; ++i) {
		b[i].x = i * 1.5; b[i].y = 2.0 / (i + 1); b[i].z = i * 0.25 - 0.3;
		b[i].vx = 0.1 * i; b[i].vy = 0.02 * (5 - i); b[i].vz = 0.01;
		b[i].mass = 1.0 / (1 + i * i);
	}
	for (int step = 0; step < 5000; ++step) {
		for (int i = 0; i < 5; ++i) {
			for (int j = i + 1; j < 5; ++j) {
				double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
				double d2 = dx * dx + dy * dy + dz * dz + 0.01;
				double mag = 0.001 / (d2 * root(d2));
				b[i].vx -= dx * b[j].mass * mag; b[j].vx += dx * b[i].mass * mag;
				b[i].vy -= dy * b[j].mass * mag; b[j].vy += dy * b[i].mass * mag;
				b[i].vz -= dz * b[j].mass * mag; b[j].vz += dz * b[i].mass * mag;
			}
		}
		for (int i = 0; i < 5; ++i) {
			b[i].x += 0.001 * b[i].vx; b[i].y += 0.001 * b[i].vy; b[i].z += 0.001 * b[i].vz;
		}
	}
	for (int i = 0; i < 5; ++i)
		e += b[i].x + b[i].y + b[i].z;
	return (u64)(e * 1e9);
}

static double ma[96][96], mb[96][96], mc[96][96];

static u64
k_matmul(void)
{
	double sum = 0;
	for (int i = 0; i < 96; ++i)
		for (int j = 0; j < 96; ++j) {
			ma[i][j] = i * 0.5 + j;
			mb[i][j] = i - j * 0.25;
		}
	for (int i = 0; i < 96; ++i)
		for (int j = 0; j < 96; ++j) {
			double s = 0;
			for (int k = 0; k < 96; ++k)
				s += ma[i][k] * mb[k][j];
			mc[i][j] = s;
		}
	for (int i = 0; i < 96; ++i)
		sum += mc[i][i];
	return (u64)(i64)sum;
}

#define ROTR(x, n) ((x) >> (n) | (x) << (32 - (n)))

// The constants are the fractional parts of cube roots of primes (FIPS 180-4);
// any odd constants would measure the same, these are derived at run time.
static u32 round_constants[64];

static void
sha256_block(u32 *h, const u8 *p)
{
	u32 w[64], s[8];
	for (int i = 0; i < 16; ++i)
		w[i] = (u32)p[4 * i] << 24 | (u32)p[4 * i + 1] << 16 | (u32)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (int i = 16; i < 64; ++i) {
		u32 a = ROTR(w[i - 15], 7) ^ ROTR(w[i - 15], 18) ^ w[i - 15] >> 3;
		u32 b = ROTR(w[i - 2], 17) ^ ROTR(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + a + w[i - 7] + b;
	}
	for (int i = 0; i < 8; ++i)
		s[i] = h[i];
	for (int i = 0; i < 64; ++i) {
		u32 t1 = s[7] + (ROTR(s[4], 6) ^ ROTR(s[4], 11) ^ ROTR(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constants[i] + w[i];
		u32 t2 = (ROTR(s[0], 2) ^ ROTR(s[0], 13) ^ ROTR(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		s[7] = s[6]; s[6] = s[5]; s[5] = s[4]; s[4] = s[3] + t1;
		s[3] = s[2]; s[2] = s[1]; s[1] = s[0]; s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; ++i)
		h[i] += s[i];
}

static u64
k_sha256(void)
{
	static u8 block[64];
	u32 h[8];
	for (u32 i = 0; i < 8; ++i)
		h[i] = 0x9e3779b9u * (i + 1);
	for (u32 i = 0; i < 64; ++i) {
		round_constants[i] = 0x85ebca6bu * (2 * i + 1);
		block[i] = (u8)(i * 7);
	}
	for (int i = 0; i < 800; ++i) {
		block[0] = (u8)i;
		sha256_block(h, block);
	}
	return (u64)h[0] << 32 | h[7];
}

static const struct kernel kernels[] = {
	{ "fib", k_fib }, { "sieve", k_sieve }, { "hash", k_hash }, { "sort", k_sort },
	{ "switch", k_switch }, { "pointers", k_pointers }, { "chase", k_chase },
	{ "string", k_string }, { "nbody", k_nbody }, { "matmul", k_matmul }, { "sha256", k_sha256 },
};
KERNELS(kernels);
