// cxx.cc: exceptions through frames and threads, std::thread, containers,
// streams, RTTI, thread-local objects.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct Noisy {
	std::string name;
	explicit Noisy(std::string n) : name(std::move(n)) {}
	~Noisy() { std::cout << "~" << name << "\n"; }
};

static int
deep(int n)
{
	Noisy here("frame " + std::to_string(n));
	if (n == 0)
		throw std::runtime_error("bottom");
	return deep(n - 1) + 1;
}

struct Shape { virtual ~Shape() = default; virtual double area() const = 0; };
struct Square : Shape { double s; explicit Square(double x) : s(x) {} double area() const override { return s * s; } };
struct Circle : Shape { double r; explicit Circle(double x) : r(x) {} double area() const override { return 3.14159265358979 * r * r; } };

int
main(int argc, char **)
{
	try {
		deep(3);
	} catch (const std::exception &e) {
		std::cout << "caught " << e.what() << "\n";
	}
	try {
		try {
			std::vector<int>(3).at(5);
		} catch (const std::out_of_range &) {
			std::throw_with_nested(std::logic_error("outer"));
		}
	} catch (const std::logic_error &e) {
		std::cout << e.what() << "\n";
	}
	std::vector<std::unique_ptr<Shape>> shapes;
	shapes.emplace_back(new Square(2));
	shapes.emplace_back(new Circle(1.5));
	for (auto &s : shapes)
		std::cout << std::setprecision(15) << s->area() << (dynamic_cast<Square *>(s.get()) ? " square" : " other") << "\n";

	std::atomic<long> total{ 0 };
	std::mutex m;
	std::condition_variable cv;
	int ready = 0;
	std::vector<std::thread> threads;
	for (int i = 0; i < 5; ++i)
		threads.emplace_back([&, i] {
			for (int k = 0; k < 2000; ++k)
				total += i;
			std::lock_guard<std::mutex> g(m);
			++ready;
			cv.notify_all();
		});
	{
		std::unique_lock<std::mutex> g(m);
		cv.wait(g, [&] { return ready == 5; });
	}
	for (auto &t : threads)
		t.join();
	std::cout << total << "\n";
	auto f = std::async(std::launch::async, []() -> int { throw std::invalid_argument("from thread"); });
	try {
		f.get();
	} catch (const std::invalid_argument &e) {
		std::cout << e.what() << "\n";
	}
	std::map<std::string, int> words;
	std::istringstream in("a b a c b a");
	for (std::string w; in >> w;)
		++words[w];
	for (auto &p : words)
		std::cout << p.first << "=" << p.second << " ";
	std::vector<int> v(100);
	std::iota(v.begin(), v.end(), argc);
	std::sort(v.begin(), v.end(), [](int a, int b) { return (a * 7919) % 101 < (b * 7919) % 101; });
	std::cout << v[0] << " " << v[50] << " " << std::accumulate(v.begin(), v.end(), 0) << "\n";
	std::cout << std::regex_replace(std::string("one two"), std::regex("(\\w+) (\\w+)"), "$2 $1") << "\n";
	return 5;
}
