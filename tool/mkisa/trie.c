// trie.c: the tries that tell rows apart, each of them the smallest that its
// rows allow; and the order of the rows.
#include "mkisa.h"

const int by_size[BY_COUNT] = {2, 2, 8, 8, 4, 2, 3, 2};
struct isa_kind kinds[MAXKINDS];
int nkinds;
u16 trie[MAXTRIE];
int ntrie;
struct isa_root roots[MAP_COUNT];
static u16 nodes[MAXTRIE];
static int nnodes, nnumbers;

// Numbers the rows, if merging then equally those that say the same.
void
rows_number(void)
{
	int i, j;
	for (i = 0; i < nrows; ++i) {
		for (j = merging ? 0 : i; rows[j].op != rows[i].op || rows[j].attrs != rows[i].attrs || memcmp(rows[j].spec, rows[i].spec, 4); ++j)
			;
		rows[i].number = j < i ? rows[j].number : nnumbers++;
	}
}
// Narrows the candidates to those that accept value v of dimension d. Only
// the candidates that can still win matter: everything behind a row that
// accepts all the rest is dead.
static int
narrow(const int *in, int n, int d, int v, int *out, unsigned tested)
{
	int i, j, m = 0;
	for (i = 0; i < n; ++i) {
		const struct row *r = &rows[in[i]];
		int all = 1;
		if (!(r->want[d] >> v & 1)) continue;
		out[m++] = in[i];
		for (j = 0; j < BY_COUNT; ++j)
			if (!(tested >> j & 1) && r->want[j] != (1 << by_size[j]) - 1) all = 0;
		if (all) break;
	}
	return m;
}

static int
decided(int row, unsigned tested)
{
	int j;
	for (j = 0; j < BY_COUNT; ++j)
		if (!(tested >> j & 1) && rows[row].want[j] != (1 << by_size[j]) - 1) return 0;
	return 1;
}

// Cost in entries of the smallest trie for the candidates; *best is the
// dimension that it tests first.
static int
trie_cost(const int *set, int n, unsigned tested, int *best)
{
	int d, v, i, sub[256], cost, min = 1 << 30, ignored;
	*best = -1;
	if (!n || decided(set[0], tested)) return 0;
	for (d = 0; d < BY_COUNT; ++d) {
		int useful = 0;
		if (tested >> d & 1) continue;
		for (i = 0; i < n && !useful; ++i) useful = rows[set[i]].want[d] != (1 << by_size[d]) - 1;
		if (!useful) continue;
		cost = 1;
		for (v = 0; v < by_size[d] && cost < min; ++v) {
			int m = narrow(set, n, d, v, sub, tested | 1u << d);
			cost += (m > 0) + trie_cost(sub, m, tested | 1u << d, &ignored);
		}
		if (cost < min) {
			min = cost;
			*best = d;
		}
	}
	return min;
}

static u16
trie_build(const int *set, int n, unsigned tested)
{
	int d, v, sub[256], i, len = 1;
	u16 node[9];
	if (!n) return 0;
	if (decided(set[0], tested)) return TRIE_LEAF | rows[set[0]].number;
	trie_cost(set, n, tested, &d);
	node[0] = d;
	for (v = 0; v < by_size[d]; ++v) {
		int m = narrow(set, n, d, v, sub, tested | 1u << d);
		node[len] = trie_build(sub, m, tested | 1u << d);
		if (!node[len]) continue;
		++len;
		node[0] |= 1 << (8 + v);
	}
	if (len == by_size[d] + 1) {
		for (v = 2; v < len && node[v] == node[1]; ++v)
			;
		if (v == len) return node[1];
	}
	for (i = 0; i < nnodes; ++i)
		if (!memcmp(trie + nodes[i], node, 2 * len)) return nodes[i];
	nodes[nnodes++] = ntrie;
	memcpy(trie + ntrie, node, 2 * len);
	ntrie += len;
	if (ntrie > MAXTRIE - 300) abort();
	return nodes[nnodes - 1];
}

void
tries_build(void)
{
	int map, c, i, n, set[256];
	u16 entry[256];
	ntrie = 1; // entry 0 stands for #UD
	for (map = 0; map < MAP_COUNT; ++map) {
		int lo = 256, hi = -1;
		for (c = 0; c < 256; ++c) {
			n = 0;
			for (i = 0; i < nrows; ++i) {
				int span = rows[i].nopcodes < 1 ? 1 : rows[i].nopcodes;
				if (rows[i].map == map && c >= rows[i].opcode && c < rows[i].opcode + span) set[n++] = i;
			}
			entry[c] = trie_build(set, n, 0);
			if (entry[c]) {
				if (lo == 256) lo = c;
				hi = c;
			}
		}
		if (hi < 0) {
			roots[map].lo = 1;
			roots[map].hi = 0;
			continue;
		}
		roots[map].first = ntrie;
		roots[map].lo = lo;
		roots[map].hi = hi;
		for (c = lo; c <= hi; ++c) trie[ntrie++] = entry[c];
	}
}

// A row that no bit pattern reaches is a mistake in the table.
void
rows_reachable(void)
{
	int i, j, bad = 0;
	for (i = 0; i < nrows; ++i) {
		for (j = 1; j < ntrie; ++j)
			if (trie[j] == (TRIE_LEAF | i)) break;
		if (j == ntrie) {
			fprintf(stderr, "mkisa: ENC(%s, \"%s\") is hidden behind rows before it\n", rows[i].opname, rows[i].enc);
			bad = 1;
		}
	}
	if (bad) exit(1);
}

static int
entries(u16 node)
{
	int n = 0;
	for (node >>= 8; node; node &= (u16)(node - 1)) ++n;
	return n;
}

static void
leaf_move(u16 *entry, const int *to)
{
	if (*entry & TRIE_LEAF) *entry = (u16)(TRIE_LEAF | to[*entry & ~TRIE_LEAF]);
}

// Keeps one row of each number, in the order of their operations, as decode.c
// expects them; finds their kinds.
void
rows_sort(void)
{
	static struct row sorted[MAXROWS];
	static int to[MAXROWS];
	int i, j, k, n = 0;
	for (i = 0; i < nops; ++i)
		for (j = k = 0; j < nrows; ++j) {
			if (rows[j].number < k) continue;
			k = rows[j].number + 1;
			if (rows[j].op != i) continue;
			to[rows[j].number] = n;
			sorted[n++] = rows[j];
		}
	nrows = n;
	memcpy(rows, sorted, sizeof(rows[0]) * (size_t)n);
	for (i = 0; i < nnodes; ++i)
		for (j = 1; j <= entries(trie[nodes[i]]); ++j) leaf_move(&trie[nodes[i] + j], to);
	for (i = 0; i < MAP_COUNT; ++i)
		for (j = 0; j <= roots[i].hi - roots[i].lo; ++j) leaf_move(&trie[roots[i].first + j], to);
	for (i = 0; i < nrows; ++i) {
		struct isa_kind kind;
		memset(&kind, 0, sizeof(kind));
		kind.attrs = (u16)rows[i].attrs;
		memcpy(kind.spec, rows[i].spec, 4);
		for (j = 0; j < nkinds; ++j)
			if (!memcmp(&kinds[j], &kind, sizeof(kind))) break;
		if (j == nkinds) {
			if (nkinds == MAXKINDS) abort();
			kinds[nkinds++] = kind;
		}
		rows[i].kind = j;
	}
}
