// avx.h: what the files avx*.c share.
#ifndef CPU_AVX_H_
#define CPU_AVX_H_
#include "cpu/sse_impl.h"

// Every handler, by name
#define H(handler) op_fn handler;
#define U(name)
#include "isa_handlers.inc"
#undef H
#undef U

#endif
