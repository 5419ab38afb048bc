// cases.h: what rows.c prints and cases.c reads, and what cases.c and cases.S share.
#ifndef TEST_BOOT_CASES_H_
#define TEST_BOOT_CASES_H_

// Selectors of the runner, and of cases: + 0 ring 0, + CASE_RING3 ring 3
#define CODE32 0x08
#define DATA32 0x10
#define CODE16 0x18
#define DATA16 0x20
#define DATABIG 0x28
#define TSS_MAIN 0x30
#define TSS_DOUBLE 0x38
#define CASE_CODE16 0x40
#define CASE_CODE32 0x48
#define CASE_DS 0x50
#define CASE_ES 0x58
#define CASE_SS 0x60
#define CASE_FS 0x68
#define CASE_GS 0x70
#define CASE_RING3 0x38
#define ODD_SELECTORS 0xb0
#define GDT_SIZE 0x100

#ifndef __ASSEMBLER__
enum { R_MODRM = 1, R_VEX = 2, R_NOPREFIX = 4, R_PLUS8 = 8, R_PLUS16 = 16, R_LOCKABLE = 32, R_STRING = 64, R_BRANCH = 128,
	R_COUNTED = 256, R_NOMEM = 512, R_XLAT = 1024, R_BYTE = 2048, R_VECTOR = 4096, R_X87 = 8192 };
enum { K_IO = 1, K_OWN = 2, K_SKIP = 4, K_TABLE = 8, K_CONTROL = 16, K_DEBUG = 32, K_SELECT = 64, K_FARPTR = 128, K_FARSTACK = 256,
	K_SP = 512, K_COUNT = 1024, K_BITS = 2048, K_IMAGE = 4096, K_FLAGS = 8192, K_APPROX = 16384, K_SHORT = 32768, K_ENV = 65536,
	K_SYSTEM = 131072 };
enum { I_BYTE = 1, I_WORD = 2, I_OSIZE = 4, I_FAR = 8, I_ADDRESS = 16, I_BRANCH = 32 };
#endif
#endif
