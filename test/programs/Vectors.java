// Vectors.java: what the virtual machine compiles to vector code and intrinsics:
// loops over arrays of each type, strings, digests, ciphers, checksums, big numbers.
import java.math.BigInteger;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.Adler32;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

public class Vectors {
	static final int N = 1003;
	static byte[] b = new byte[N], b2 = new byte[N];
	static short[] s = new short[N];
	static char[] c = new char[N];
	static int[] i = new int[N], i2 = new int[N];
	static long[] l = new long[N];
	static float[] f = new float[N], f2 = new float[N];
	static double[] d = new double[N], d2 = new double[N];

	static void step(int k) {
		for (int n = 0; n < N; n++) b[n] = (byte)(b[n] + b2[n] * 3 - k);
		for (int n = 0; n < N; n++) s[n] = (short)(s[n] * 5 + b[n] >> 1);
		for (int n = 0; n < N; n++) c[n] = (char)(c[n] + s[n] >>> 1);
		for (int n = 0; n < N; n++) i[n] = i[n] * 31 + (i2[n] >>> 3) ^ k;
		for (int n = 0; n < N; n++) i2[n] = Math.max(i[n], i2[n] << 2) - Math.abs(i[n]);
		for (int n = 0; n < N; n++) l[n] = (l[n] ^ i[n]) * 0x9e3779b97f4a7c15L + (l[n] >> 7);
		for (int n = 0; n < N; n++) f[n] = f[n] * 0.75f + f2[n] / (n + 1) - (float)Math.sqrt(n);
		for (int n = 0; n < N; n++) f2[n] = Math.min(f[n], f2[n]) + i[n];
		for (int n = 0; n < N; n++) d[n] = d[n] * 0.5 + d2[n] + Math.abs(d[n]) * 1e-3;
		for (int n = 0; n < 8; n++) d[n] = Math.fma(d[n], 0.5, d2[n]);
		for (int n = 0; n < N; n++) d2[n] = Math.rint(d[n]) - Math.floor(d2[n] * 0.5) + f[n];
		for (int n = 0; n < N; n++) i2[n] += (int)f[n] + Integer.bitCount(i[n]) + Long.numberOfTrailingZeros(l[n]);
	}

	static double reduce() {
		int x = 0;
		long y = 0;
		double z = 0;
		float w = 1;
		for (int n = 0; n < N; n++) x += i[n] * i2[n];
		for (int n = 0; n < N; n++) y ^= l[n];
		for (int n = 0; n < N; n++) z += d[n] * d2[n];
		for (int n = 0; n < N; n++) w = Math.max(w, f[n]);
		return x * 3.0 + y + z + w;
	}

	static String hex(byte[] p) {
		return new BigInteger(1, p).toString(16);
	}

	public static void main(String[] args) throws Exception {
		int times = args.length > 0 ? Integer.parseInt(args[0]) : 3000;
		for (int n = 0; n < N; n++) {
			b2[n] = (byte)(n * 7);
			i2[n] = n * 7919;
			f2[n] = n * 0.1f;
			d2[n] = 1.0 / (n + 1);
		}
		double sum = 0;
		for (int k = 0; k < times; k++) {
			step(k);
			if (k % 8 == 0) sum += reduce() * 1e-9;
		}
		System.out.println(Arrays.hashCode(b) + " " + Arrays.hashCode(s) + " " + Arrays.hashCode(c) + " " + Arrays.hashCode(i) + " " + Arrays.hashCode(i2) + " " + Arrays.hashCode(l) + " " +
		                   Arrays.hashCode(f) + " " + Arrays.hashCode(f2) + " " + Arrays.hashCode(d) + " " + Arrays.hashCode(d2) + " " + sum);
		byte[] text = new byte[5000];
		for (int n = 0; n < text.length; n++) text[n] = (byte)(n * n >> 3);
		for (String h : new String[] {"MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256"}) {
			byte[] out = text;
			for (int k = 0; k < times / 10; k++) {
				MessageDigest m = MessageDigest.getInstance(h);
				m.update(out);
				m.update(text, k % 100, 500);
				out = m.digest();
			}
			System.out.println(h + " " + hex(out));
		}
		SecretKeySpec key = new SecretKeySpec(text, 100, 16, "AES");
		for (String mode : new String[] {"AES/ECB/NoPadding", "AES/CBC/PKCS5Padding", "AES/CTR/NoPadding", "AES/GCM/NoPadding"}) {
			byte[] out = Arrays.copyOf(text, 512);
			for (int k = 0; k < times / 10; k++) {
				Cipher e = Cipher.getInstance(mode);
				if (mode.contains("ECB")) e.init(Cipher.ENCRYPT_MODE, key);
				else if (mode.contains("GCM")) e.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, Arrays.copyOf(new byte[] {(byte)k, (byte)(k >> 8)}, 12)));
				else e.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(text, k % 47, 16));
				out = Arrays.copyOf(e.doFinal(out), 512);
			}
			System.out.println(mode + " " + hex(Arrays.copyOf(out, 40)));
		}
		CRC32 crc = new CRC32();
		CRC32C crcc = new CRC32C();
		Adler32 adler = new Adler32();
		BigInteger big = BigInteger.valueOf(3).pow(700), prime = BigInteger.TWO.pow(521).subtract(BigInteger.ONE);
		StringBuilder sb = new StringBuilder();
		int found = 0;
		for (int k = 0; k < times / 3; k++) {
			crc.update(text, k, 500 + k % 64);
			crcc.update(text, k, 500 + k % 64);
			adler.update(text, k, 500 + k % 64);
			big = big.multiply(big).mod(prime).add(BigInteger.valueOf(k));
			sb.append((char)(k % 300 + 32));
			if (k % 10 == 0) {
				String t = sb.toString();
				found += t.indexOf("\u0110\u0111") + t.hashCode() + t.compareTo(t + "x") + (t.equals(new String(t.toCharArray())) ? 1 : 0) + Arrays.mismatch(text, Arrays.copyOf(text, k)) +
				         new String(Base64.getDecoder().decode(Base64.getEncoder().encode(text)), "ISO-8859-1").hashCode() + t.getBytes("UTF-8").length;
			}
		}
		System.out.println(crc.getValue() + " " + crcc.getValue() + " " + adler.getValue() + " " + big.modPow(BigInteger.valueOf(65537), prime).hashCode() + " " + found);
		double t = 0;
		for (int k = 1; k < times * 3; k++) t += Math.sin(k) + Math.cos(k * 0.1) * Math.tan(k) + Math.exp(-k * 1e-3) + Math.log(k) + Math.log10(k) + Math.pow(k, 0.3);
		System.out.println(t);
	}
}
