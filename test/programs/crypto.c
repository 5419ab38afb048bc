// crypto.c: every digest, cipher, MAC, key derivation and public-key algorithm
// of OpenSSL's libcrypto, on data of many lengths and alignments. Prints a
// digest of the results for each. Random numbers are not: the same come each time.
// usage: crypto KEYS    (PEM: RSA private keys, which take long to make)
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "digest.h"

enum { LENGTH = 16384 + 100 };
static unsigned char text[LENGTH + 8192];

static int
random_bytes(unsigned char *p, int n)
{
	while (n-- > 0) *p++ = (unsigned char)(rnd() >> 40);
	return 1;
}

static int
random_status(void)
{
	return 1;
}

static void
mix_int(long v)
{
	int64_t x = v;
	mix(&x, sizeof x);
}

static void
begin(uint64_t s)
{
	hash = 0xcbf29ce484222325;
	seed = s;
}

static void
done(const char *kind, const char *name)
{
	printf("%s %s %016llx\n", kind, name, (unsigned long long)hash);
}

// Lengths that meet every path: short ones, blocks and their neighbours, long ones
static int
length_of(int i)
{
	static const int few[] = {0, 1, 15, 16, 17, 31, 32, 47, 48, 63, 64, 65, 79, 80, 96, 111, 112, 127, 128, 129, 144, 191, 192, 255, 256, 257, 288, 384, 512, 1024, 1500, 4096};
	int n = sizeof few / sizeof *few;
	return i < n ? few[i] : i == n ? LENGTH : -1;
}

static void
digest(EVP_MD *md, void *arg)
{
	unsigned char out[512];
	unsigned n;
	int i, len;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	(void)arg;
	begin(2);
	for (i = 0; (len = length_of(i)) >= 0; i++) {
		int part = (int)(rnd() % (unsigned)(len + 1));
		n = 32;
		mix_int(EVP_DigestInit_ex2(c, md, 0));
		EVP_DigestUpdate(c, text + (i & 31), (size_t)part);
		EVP_DigestUpdate(c, text + (i & 31) + part, (size_t)(len - part));
		if (EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF) mix_int(EVP_DigestFinalXOF(c, out, 200)), n = 200;
		else mix_int(EVP_DigestFinal_ex(c, out, &n));
		mix(out, n);
	}
	EVP_MD_CTX_free(c);
	done("digest", EVP_MD_get0_name(md));
}

static void
cipher(EVP_CIPHER *ci, void *arg)
{
	static unsigned char out[1 << 16], back[1 << 16];
	unsigned char key[128], iv[64], tag[16] = {0};
	int i, len, mode = EVP_CIPHER_get_mode(ci), bad = 0;
	unsigned long flags = EVP_CIPHER_get_flags(ci);
	int aead = !!(flags & EVP_CIPH_FLAG_AEAD_CIPHER), keys = EVP_CIPHER_get_key_length(ci), ivs = EVP_CIPHER_get_iv_length(ci);
	const char *name = EVP_CIPHER_get0_name(ci);
	int slow = strstr(name, "CFB1") || strstr(name, "CFB8") || strstr(name, "WRAP");
	(void)arg;
	if (strstr(name, "HMAC") || strstr(name, "CBC-CTS")) return; // records of TLS below; CTS comes with CBC
	begin(3);
	for (i = 0; (len = length_of(i)) >= 0; i++) {
		EVP_CIPHER_CTX *c;
		int n = 0, m = 0, k, part = (int)(rnd() % (unsigned)(len + 1)), ok;
		const unsigned char *in = text + (i & 31);
		if (slow && len > 300) break;
		c = EVP_CIPHER_CTX_new();
		EVP_CIPHER_CTX_set_flags(c, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		random_bytes(key, keys);
		random_bytes(iv, ivs);
		if (mode == EVP_CIPH_CCM_MODE || mode == EVP_CIPH_SIV_MODE || mode == EVP_CIPH_WRAP_MODE || mode == EVP_CIPH_XTS_MODE) part = len;
		// the wrap of triple DES draws its own vector
		if (!(ok = EVP_EncryptInit_ex2(c, ci, 0, 0, 0))) continue;
		if (mode == EVP_CIPH_CCM_MODE) EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, 0);
		ok = EVP_EncryptInit_ex2(c, 0, key, ivs ? iv : 0, 0);
		if (mode == EVP_CIPH_CCM_MODE) EVP_EncryptUpdate(c, 0, &k, 0, len);
		if (aead) ok += EVP_EncryptUpdate(c, 0, &k, text + 7, i * 5);
		if (part) ok += EVP_EncryptUpdate(c, out, &n, in, part) * 4;
		if (len - part) ok += EVP_EncryptUpdate(c, out + n, &m, in + part, len - part) * 16, n += m;
		if (EVP_EncryptFinal_ex(c, out + n, &m)) ok += 64, n += m;
		if (aead) ok += EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, tag) << 7;
		mix_int(ok), mix_int(n), mix(out, (size_t)n), mix(tag, 16);
		// and back
		EVP_CIPHER_CTX_reset(c);
		EVP_CIPHER_CTX_set_flags(c, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		EVP_DecryptInit_ex2(c, ci, 0, 0, 0);
		if (aead) EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, tag);
		EVP_DecryptInit_ex2(c, 0, key, ivs ? iv : 0, 0);
		if (mode == EVP_CIPH_CCM_MODE) EVP_DecryptUpdate(c, 0, &k, 0, n);
		if (aead) EVP_DecryptUpdate(c, 0, &k, text + 7, i * 5);
		k = m = 0;
		ok = n ? EVP_DecryptUpdate(c, back, &k, out, n) : 1;
		if (ok && EVP_DecryptFinal_ex(c, back + k, &m)) k += m;
		mix_int(ok), mix_int(k), mix(back, (size_t)k);
		bad += k != len || memcmp(back, in, (size_t)len);
		EVP_CIPHER_CTX_free(c);
	}
	mix_int(bad);
	done("cipher", name);
}

// CBC and HMAC in one pass, as TLS has it
static void
record_cipher(const char *name)
{
	static unsigned char buf[20000];
	EVP_CIPHER *ci = EVP_CIPHER_fetch(0, name, 0);
	unsigned char key[64], iv[16], aad[13] = {0, 0, 0, 0, 0, 0, 0, 1, 23, 3, 3, 0, 0};
	int i, len, n, pad;
	if (!ci) return; // needs the AES instructions
	begin(4);
	for (i = 0; (len = length_of(i)) >= 0 && len <= 16384; i++) {
		EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
		random_bytes(key, sizeof key), random_bytes(iv, sizeof iv);
		mix_int(EVP_EncryptInit_ex2(c, ci, key, iv, 0));
		mix_int(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_MAC_KEY, 32, key + 32));
		aad[11] = (unsigned char)((len + 16) >> 8), aad[12] = (unsigned char)(len + 16);
		pad = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_TLS1_AAD, 13, aad);
		mix_int(pad);
		if (pad > 0) {
			memcpy(buf, iv, 16), memcpy(buf + 16, text, (size_t)len);
			mix_int(EVP_Cipher(c, buf, buf, (unsigned)(len + 16 + pad)));
			mix(buf, (size_t)(len + 16 + pad));
			n = len + 16 + pad;
			EVP_CIPHER_CTX_reset(c);
			EVP_DecryptInit_ex2(c, ci, key, iv, 0);
			EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_MAC_KEY, 32, key + 32);
			aad[11] = (unsigned char)(n >> 8), aad[12] = (unsigned char)n;
			EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_TLS1_AAD, 13, aad);
			mix_int(EVP_Cipher(c, buf, buf, (unsigned)n));
			mix_int(memcmp(buf + 16, text, (size_t)len));
		}
		EVP_CIPHER_CTX_free(c);
	}
	EVP_CIPHER_free(ci);
	done("record", name);
}

static void
mac(EVP_MAC *m, void *arg)
{
	static const struct { const char *name, *digest, *cipher; size_t key; } how[] = {
	    {"HMAC", "SHA1", 0, 20}, {"HMAC", "SHA256", 0, 100}, {"HMAC", "SHA512", 0, 64}, {"HMAC", "MD5", 0, 16}, {"CMAC", 0, "AES-128-CBC", 16},
	    {"CMAC", 0, "AES-256-CBC", 32}, {"GMAC", 0, "AES-128-GCM", 16}, {"GMAC", 0, "AES-256-GCM", 32}, {"KMAC-128", 0, 0, 32}, {"KMAC-256", 0, 0, 32},
	    {"BLAKE2BMAC", 0, 0, 32}, {"BLAKE2SMAC", 0, 0, 32}, {"SIPHASH", 0, 0, 16}, {"POLY1305", 0, 0, 32}};
	unsigned char key[128], iv[12] = {1}, out[128];
	size_t h, n;
	(void)arg;
	for (h = 0; h < sizeof how / sizeof *how; h++) {
		int i, len;
		if (!EVP_MAC_is_a(m, how[h].name)) continue;
		begin(5);
		random_bytes(key, sizeof key);
		for (i = 0; (len = length_of(i)) >= 0; i++) {
			EVP_MAC_CTX *c = EVP_MAC_CTX_new(m);
			OSSL_PARAM p[3], *q = p;
			if (how[h].digest) *q++ = OSSL_PARAM_construct_utf8_string("digest", (char *)how[h].digest, 0);
			if (how[h].cipher) *q++ = OSSL_PARAM_construct_utf8_string("cipher", (char *)how[h].cipher, 0);
			if (EVP_MAC_is_a(m, "GMAC")) *q++ = OSSL_PARAM_construct_octet_string("iv", iv, sizeof iv);
			*q = OSSL_PARAM_construct_end();
			n = 0;
			mix_int(EVP_MAC_init(c, key, how[h].key, p));
			mix_int(EVP_MAC_update(c, text + (i & 31), (size_t)len / 3));
			mix_int(EVP_MAC_update(c, text + (i & 31) + len / 3, (size_t)(len - len / 3)));
			mix_int(EVP_MAC_final(c, out, &n, sizeof out));
			mix(out, n);
			EVP_MAC_CTX_free(c);
		}
		printf("%s ", how[h].digest ? how[h].digest : how[h].cipher ? how[h].cipher : "-");
		done("mac", how[h].name);
	}
}

static void
derive(void)
{
	unsigned char out[64];
	begin(6);
	mix_int(PKCS5_PBKDF2_HMAC("password", 8, text, 16, 500, EVP_sha256(), 64, out)), mix(out, 64);
	mix_int(PKCS5_PBKDF2_HMAC("password", 8, text, 16, 300, EVP_sha512(), 64, out)), mix(out, 64);
	mix_int(PKCS5_PBKDF2_HMAC_SHA1("password", 8, text, 16, 500, 64, out)), mix(out, 64);
	mix_int(EVP_PBE_scrypt("password", 8, text, 16, 256, 8, 1, 1 << 24, out, 64)), mix(out, 64);
	done("kdf", "PBKDF2 scrypt");
}

// A key's signature and its check; what changes the text must fail
static void
sign(const char *name, EVP_PKEY *key, const EVP_MD *md, int padding)
{
	static unsigned char sig[2048], sealed[2048], clear[2048];
	size_t n = sizeof sig;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *k;
	mix_int(EVP_DigestSignInit(c, &k, md, 0, key));
	if (padding) EVP_PKEY_CTX_set_rsa_padding(k, padding);
	mix_int(EVP_DigestSign(c, sig, &n, text, 1000));
	mix(sig, n);
	EVP_MD_CTX_reset(c);
	mix_int(EVP_DigestVerifyInit(c, &k, md, 0, key));
	if (padding) EVP_PKEY_CTX_set_rsa_padding(k, padding);
	mix_int(EVP_DigestVerify(c, sig, n, text, 1000));
	sig[n / 2] ^= 1;
	EVP_MD_CTX_reset(c);
	EVP_DigestVerifyInit(c, &k, md, 0, key);
	if (padding) EVP_PKEY_CTX_set_rsa_padding(k, padding);
	mix_int(EVP_DigestVerify(c, sig, n, text, 1000) == 1);
	EVP_MD_CTX_free(c);
	if (padding) {
		size_t s = sizeof sealed, r = sizeof clear;
		k = EVP_PKEY_CTX_new(key, 0);
		mix_int(EVP_PKEY_encrypt_init(k) + EVP_PKEY_CTX_set_rsa_padding(k, RSA_PKCS1_OAEP_PADDING) + EVP_PKEY_encrypt(k, sealed, &s, text, 40));
		mix(sealed, s);
		mix_int(EVP_PKEY_decrypt_init(k) + EVP_PKEY_CTX_set_rsa_padding(k, RSA_PKCS1_OAEP_PADDING) + EVP_PKEY_decrypt(k, clear, &r, sealed, s));
		mix(clear, r);
		EVP_PKEY_CTX_free(k);
	}
	done("sign", name);
}

static void
agree(const char *name, EVP_PKEY *a, EVP_PKEY *b)
{
	unsigned char out[512];
	size_t n = sizeof out;
	EVP_PKEY_CTX *k = EVP_PKEY_CTX_new(a, 0);
	mix_int(EVP_PKEY_derive_init(k) + EVP_PKEY_derive_set_peer(k, b) + EVP_PKEY_derive(k, out, &n));
	mix(out, n);
	EVP_PKEY_CTX_free(k);
	done("agree", name);
}

static void
public_keys(const char *keys)
{
	static const char *curves[] = {"P-224", "P-256", "P-384", "P-521", "secp256k1", "brainpoolP256r1", "B-283"};
	size_t i;
	EVP_PKEY *k;
	FILE *f = fopen(keys, "r");
	begin(7);
	k = EVP_PKEY_Q_keygen(0, 0, "RSA", (size_t)768);
	do {
		char name[16];
		snprintf(name, sizeof name, "RSA-%d", EVP_PKEY_get_bits(k));
		sign(name, k, EVP_sha256(), RSA_PKCS1_PADDING);
		sign(name, k, EVP_sha512(), RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_free(k);
	} while (f && (k = PEM_read_PrivateKey(f, 0, 0, 0)));
	if (f) fclose(f);
	for (i = 0; i < sizeof curves / sizeof *curves; i++) {
		EVP_PKEY *a, *b;
		begin(20 + i);
		a = EVP_EC_gen(curves[i]), b = EVP_EC_gen(curves[i]);
		sign(curves[i], a, EVP_sha256(), 0);
		agree(curves[i], a, b);
		EVP_PKEY_free(a), EVP_PKEY_free(b);
	}
	for (i = 0; i < 4; i++) {
		static const char *names[] = {"ED25519", "ED448", "X25519", "X448"};
		EVP_PKEY *a, *b;
		begin(30 + i);
		a = EVP_PKEY_Q_keygen(0, 0, names[i]), b = EVP_PKEY_Q_keygen(0, 0, names[i]);
		if (i < 2) sign(names[i], a, 0, 0);
		else agree(names[i], a, b);
		EVP_PKEY_free(a), EVP_PKEY_free(b);
	}
}

int
main(int argc, char **argv)
{
	static const RAND_METHOD known = {0, random_bytes, 0, 0, random_bytes, random_status};
	static const char *records[] = {"AES-128-CBC-HMAC-SHA1", "AES-256-CBC-HMAC-SHA1", "AES-128-CBC-HMAC-SHA256", "AES-256-CBC-HMAC-SHA256"};
	size_t i;
	if (argc < 2) return 2;
	random_bytes(text, sizeof text);
	RAND_set_rand_method(&known);
	OSSL_PROVIDER_load(0, "default"), OSSL_PROVIDER_load(0, "legacy");
	EVP_MD_do_all_provided(0, digest, 0);
	EVP_CIPHER_do_all_provided(0, cipher, 0);
	EVP_MAC_do_all_provided(0, mac, 0);
	for (i = 0; i < 4; i++) record_cipher(records[i]);
	derive();
	public_keys(argv[1]);
	return 0;
}
