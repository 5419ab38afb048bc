// forms.h: registers by operand size in bits, for specialised handlers.
#ifndef CPU_FORMS_H_
#define CPU_FORMS_H_
#include "cpu/op.h"

#define GET8(i) ((u8)c->r[i])
#define GET16(i) ((u16)c->r[i])
#define GET32(i) ((u32)c->r[i])
#define GET64(i) (c->r[i])
#define PUT8(i, x) (c->r[i] = (opaque(c->r[i]) & ~(u64)0xff) | (u8)(x))
#define PUT16(i, x) (c->r[i] = (opaque(c->r[i]) & ~(u64)0xffff) | (u16)(x))
#define PUT32(i, x) (c->r[i] = (u32)(x))
#define PUT64(i, x) (c->r[i] = (x))

// Index of an operand size of 1, 2, 4, 8 bytes in tables of forms
static inline int
size_index(int size)
{
	return size == 8 ? 3 : size >> 1;
}

// Operand forms by the kinds of the first two operands, -1 if not simple
enum form { FORM_RR, FORM_RM, FORM_MR, FORM_RI, FORM_MI, FORM_R, FORM_M, FORM_COUNT };

static inline int
form_of(const struct op *op)
{
	switch (op->kinds) {
	case K_REG | K_REG << 4: return FORM_RR;
	case K_REG | K_MEM << 4: return FORM_RM;
	case K_MEM | K_REG << 4: return FORM_MR;
	case K_REG | K_IMM << 4: return FORM_RI;
	case K_MEM | K_IMM << 4: return FORM_MI;
	case K_REG: return FORM_R;
	case K_MEM: return FORM_M;
	}
	return -1;
}

#endif
