// handlers.c: which function executes which operation. What is run natively
// has no row: handler_of().
#include "cpu/cpu_internal.h"

// An operation without its function is a link error that names it.
#define H(handler) op_fn handler;
#define N(handler)
#define U(name)
#include "isa_handlers.inc"
#undef H
#undef N
#undef U
#define H(handler) FN_ROW(cpu_handlers, handler)
#define N(handler)
#define U(name) FN_ROW(cpu_handlers, op_undefined)
FN_TABLE(op_fn, cpu_handlers)
#include "isa_handlers.inc"
FN_END(cpu_handlers)
