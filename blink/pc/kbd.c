// kbd.c: 8042 keyboard controller at 60h and 64h, and the keyboard on it.
//
// Source: IBM PC/AT technical reference. The keyboard speaks scan code set 2
// (or 1), which the controller translates to set 1 while the command byte says
// so. There is no auxiliary port: commands for it have no effect.
#include "pc/device.h"

enum { ST_FULL = 1, ST_SYSTEM = 4, ST_COMMAND = 8, ST_UNLOCKED = 16 };
enum { CB_INTERRUPT = 1, CB_SYSTEM = 4, CB_DISABLE = 16, CB_TRANSLATE = 64 };
enum { ACK = 0xfa, RESEND = 0xfe, BYTE_TIME = NS_PER_MS };

// The controller's translation, set 2 to set 1
static const u8 translation[128] = {
	0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
	0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
	0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
	0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
	0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
	0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
	0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
	0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
};

static u8
to_set1(u8 code)
{
	return code < 0x80 ? translation[code] : code == 0x83 ? 0x41 : code == 0x84 ? 0x54 : code;
}

static u8
to_set2(u8 code)
{
	u8 i;
	if (code == 0x41)
		return 0x83;
	if (code == 0x54)
		return 0x84;
	for (i = 1; i < 128 && translation[i] != code; i++) {
	}
	return i & 0x7f;
}

// --- the output buffer -----------------------------------------------------------

static void
update(struct pc *pc)
{
	struct kbd *k = &pc->kbd;
	pic_line(pc, IRQ_KEYBOARD, k->status & ST_FULL && k->command & CB_INTERRUPT);
}

static void
fill(struct pc *pc, u8 byte)
{
	pc->kbd.out = byte;
	pc->kbd.status |= ST_FULL;
	update(pc);
}

// A byte of the keyboard on its way through the controller
static void
from_keyboard(struct pc *pc, u8 byte)
{
	struct kbd *k = &pc->kbd;
	k->ready = pc->now + BYTE_TIME;
	if (k->command & CB_TRANSLATE) {
		if (byte == 0xf0) {
			k->release = 0x80;
			return;
		}
		byte = (u8)(to_set1(byte) | k->release);
		k->release = 0;
	}
	fill(pc, byte);
}

// Keys wait as codes of set 1, and become what the set is by then. In set 2 a
// release is f0 and the code.
static u8
next_code(struct kbd *k)
{
	u8 code = k->keys[0];
	if (k->set != 1 && code & 0x80 && code < 0xe0 && !k->break_sent) {
		k->break_sent = 1;
		return 0xf0;
	}
	k->break_sent = 0;
	queue_take(k->keys, &k->nkeys);
	return k->set == 1 || code >= 0xe0 ? code : to_set2(code & 0x7f);
}

static void
kbd_advance(struct pc *pc)
{
	struct kbd *k = &pc->kbd;
	while (!(k->status & ST_FULL)) {
		if (k->nanswers)
			fill(pc, queue_take(k->answer, &k->nanswers));
		else if (k->command & CB_DISABLE)
			break;
		else if (k->nreplies)
			from_keyboard(pc, queue_take(k->reply, &k->nreplies));
		else if (k->nkeys && k->scanning && k->ready <= pc->now)
			from_keyboard(pc, next_code(k));
		else
			break;
	}
}

static u64
kbd_next(const struct pc *pc)
{
	const struct kbd *k = &pc->kbd;
	if (k->status & ST_FULL || !k->nkeys || !k->scanning || k->command & CB_DISABLE)
		return NEVER;
	return k->ready;
}

static void
answer(struct pc *pc, u8 byte)
{
	struct kbd *k = &pc->kbd;
	if (k->nanswers < sizeof k->answer)
		k->answer[k->nanswers++] = byte;
}

static void
reply(struct pc *pc, u8 byte)
{
	struct kbd *k = &pc->kbd;
	k->last = byte;
	if (k->nreplies < sizeof k->reply)
		k->reply[k->nreplies++] = byte;
}

// --- the keyboard ------------------------------------------------------------------

static void
put_code(struct kbd *k, unsigned extended, u8 code, int press)
{
	if (extended)
		k->keys[k->nkeys++] = (u8)extended;
	k->keys[k->nkeys++] = (u8)(press ? code : code | 0x80);
}

int
kbd_key(struct pc *pc, unsigned key, int press)
{
	struct kbd *k = &pc->kbd;
	if (!k->scanning)
		return 1;
	if (k->nkeys + 8u > sizeof k->keys)
		return 0;
	if (key == KEY_PAUSE) {
		// Its release follows at once, and none comes later.
		if (press) {
			put_code(k, 0xe1, 0x1d, 1);
			put_code(k, 0, 0x45, 1);
			put_code(k, 0xe1, 0x1d, 0);
			put_code(k, 0, 0x45, 0);
		}
	} else if (key == KEY_BREAK) {
		if (press) {
			put_code(k, 0xe0, 0x46, 1);
			put_code(k, 0xe0, 0x46, 0);
		}
	} else if (key == KEY_PRINT) {
		if (press)
			put_code(k, 0xe0, 0x2a, 1);
		put_code(k, 0xe0, 0x37, press);
		if (!press)
			put_code(k, 0xe0, 0x2a, 0);
	} else {
		put_code(k, key >> 8, (u8)key, press);
	}
	kbd_advance(pc);
	return 1;
}

static void
defaults(struct kbd *k)
{
	k->set = 2;
	k->rate = 0x2b;
	k->nkeys = k->break_sent = 0;
	k->argument = 0;
}

static void
argument(struct pc *pc, u8 value)
{
	struct kbd *k = &pc->kbd;
	u8 command = k->argument;
	k->argument = 0;
	if (command == 0xf0 && value > 2) {
		reply(pc, RESEND);
		return;
	}
	reply(pc, ACK);
	if (command == 0xed)
		k->leds = value & 7;
	else if (command == 0xf3)
		k->rate = value & 0x7f;
	else if (value)
		k->set = value;
	else
		reply(pc, k->set);
}

static void
to_keyboard(struct pc *pc, u8 value)
{
	struct kbd *k = &pc->kbd;
	if (k->argument && value < 0xed) {
		argument(pc, value);
		return;
	}
	k->argument = 0;
	switch (value) {
	case 0xed: case 0xf0: case 0xf3:
		reply(pc, ACK);
		k->argument = value;
		break;
	case 0xee:
		reply(pc, 0xee);
		break;
	case 0xf2:
		reply(pc, ACK);
		reply(pc, 0xab);
		reply(pc, 0x83);
		break;
	case 0xf4: case 0xf5: case 0xf6:
		if (value == 0xf4)
			k->nkeys = k->break_sent = 0;
		else
			defaults(k);
		k->scanning = value != 0xf5;
		reply(pc, ACK);
		break;
	case 0xfe:
		reply(pc, k->last);
		break;
	case 0xff:
		defaults(k);
		k->scanning = 1;
		k->leds = 0;
		reply(pc, ACK);
		reply(pc, 0xaa);
		break;
	default:
		// f7 to fd set up the keys of set 3, which this keyboard lacks.
		reply(pc, RESEND);
	}
}

// --- the controller ------------------------------------------------------------------

static void
set_output_port(struct pc *pc, u8 value)
{
	pc_set_a20(pc, value >> 1 & 1);
	if (!(value & 1))
		pc->reset_asked = 1;
}

static void
controller_command(struct pc *pc, u8 value)
{
	struct kbd *k = &pc->kbd;
	k->wants = 0;
	if (value >= 0x20 && value < 0x40) {
		answer(pc, value == 0x20 ? k->command : k->ram[value & 31]);
		return;
	}
	if (value >= 0x60 && value < 0x80) {
		k->wants = value;
		return;
	}
	switch (value) {
	case 0xa4:
		// No password is installed.
		answer(pc, 0xf1);
		break;
	case 0xaa:
		k->nanswers = k->nreplies = 0;
		k->status = (k->status & (u8)~ST_FULL) | ST_SYSTEM;
		k->command |= CB_SYSTEM;
		answer(pc, 0x55);
		break;
	case 0xab:
		answer(pc, 0);
		break;
	case 0xad:
		k->command |= CB_DISABLE;
		break;
	case 0xae:
		k->command &= (u8)~CB_DISABLE;
		break;
	case 0xc0:
		// Not locked, no manufacturing jumper, colour display
		answer(pc, 0xb0);
		break;
	case 0xd0:
		answer(pc, (u8)(0xcd | pc->a20 << 1 | (k->status & ST_FULL) << 4));
		break;
	case 0xd1: case 0xd2: case 0xd4:
		k->wants = value;
		break;
	case 0xdd: case 0xdf:
		pc_set_a20(pc, value == 0xdf);
		break;
	case 0xe0:
		answer(pc, 0);
		break;
	default:
		// Pulses low the output port's bits that are zero: bit 0 resets.
		if (value >= 0xf0 && !(value & 1))
			pc->reset_asked = 1;
	}
}

static void
controller_data(struct pc *pc, u8 value)
{
	struct kbd *k = &pc->kbd;
	u8 wants = k->wants;
	k->wants = 0;
	if (wants == 0x60) {
		k->command = value;
		k->status = (u8)((k->status & ~ST_SYSTEM) | (value & CB_SYSTEM));
		update(pc);
	} else if (wants >= 0x60 && wants < 0x80) {
		k->ram[wants & 31] = value;
	} else if (wants == 0xd1) {
		set_output_port(pc, value);
	} else if (wants == 0xd2) {
		answer(pc, value);
	} else if (!wants) {
		// What is sent to the keyboard turns its interface on.
		k->command &= (u8)~CB_DISABLE;
		to_keyboard(pc, value);
	}
}

static void
kbd_out(struct pc *pc, unsigned port, u8 value)
{
	struct kbd *k = &pc->kbd;
	if (port == 0x64) {
		k->status |= ST_COMMAND;
		controller_command(pc, value);
	} else {
		k->status &= (u8)~ST_COMMAND;
		controller_data(pc, value);
	}
	kbd_advance(pc);
}

static u8
kbd_in(struct pc *pc, unsigned port)
{
	struct kbd *k = &pc->kbd;
	u8 byte;
	kbd_advance(pc);
	if (port == 0x64)
		return k->status;
	byte = k->out;
	if (k->status & ST_FULL) {
		k->status &= (u8)~ST_FULL;
		if (k->by_bios)
			k->by_bios--;
		update(pc);
		kbd_advance(pc);
	}
	return byte;
}

// As the power-on self test leaves it: translating, interrupting, scanning
static void
kbd_reset(struct pc *pc)
{
	struct kbd *k = &pc->kbd;
	memset(k, 0, sizeof *k);
	defaults(k);
	k->scanning = 1;
	k->status = ST_SYSTEM | ST_UNLOCKED;
	k->command = CB_INTERRUPT | CB_SYSTEM | CB_TRANSLATE | 0x20;
	update(pc);
}

static const struct device_register registers[] = { REGISTER("status", kbd.status), REGISTER("output", kbd.out), REGISTER("command", kbd.command),
	REGISTER("set", kbd.set), REGISTER("lights", kbd.leds), REGISTER("rate", kbd.rate), REGISTER("scanning", kbd.scanning) };
const struct device kbd_device = { "keyboard", kbd_reset, kbd_in, kbd_out, kbd_advance, kbd_next, { { 0x60, 0x60 }, { 0x64, 0x64 } }, registers,
	COUNTOF(registers) };
