#include "bench/engine/os/wss_peers.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <cstdlib>

namespace jobber::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
using Acceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;
using WebSocket = beast::websocket::stream<asio::ssl::stream<Socket>, false>;

void use_suite(asio::ssl::context& context) {
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_3_VERSION);
  if (SSL_CTX_set_ciphersuites(context.native_handle(), "TLS_AES_128_GCM_SHA256") != 1) std::abort();
}

// The next message; spins.
void read_spinning(asio::io_context& io, WebSocket& ws, beast::flat_static_buffer<4096>& buffer) {
  bool done = false;
  buffer.clear();
  ws.async_read(buffer, [&](beast::error_code error, std::size_t) {
    if (error) std::abort();
    done = true;
  });
  while (!done) {
    io.poll();
    if (io.stopped()) io.restart();
  }
}

}  // namespace

WssResult beast_round_trips(const WssWorld& world) {
  WssResult result;
  result.ns.reserve(kWssRoundTrips);
  asio::io_context server_io(1), client_io(1);
  Acceptor acceptor(server_io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  asio::ssl::context server_context(asio::ssl::context::tls_server), client_context(asio::ssl::context::tls_client);
  use_suite(server_context), use_suite(client_context);
  server_context.use_certificate_chain(asio::buffer(world.chain_pem));
  server_context.use_private_key(asio::buffer(world.key_pem), asio::ssl::context::pem);
  client_context.load_verify_file(world.ca_file);
  client_context.set_verify_mode(asio::ssl::verify_peer);
  run_pair(
      1,
      [&] {
        WebSocket ws(client_io, client_context);
        auto& socket = ws.next_layer().next_layer();
        socket.connect(acceptor.local_endpoint());
        socket.set_option(Tcp::no_delay(true));
        ws.next_layer().set_verify_callback(asio::ssl::host_name_verification("localhost"));
        ws.next_layer().handshake(asio::ssl::stream_base::client);
        ws.handshake("localhost", "/");
        ws.text(true);
        beast::flat_static_buffer<4096> buffer;
        std::string text;
        for (int i = 0; i != kWssWarm + kWssRoundTrips; ++i) {
          write_message(text, i);
          const auto began = std::chrono::steady_clock::now();
          ws.write(asio::buffer(text));
          read_spinning(client_io, ws, buffer);
          result.add(i, began, {static_cast<const char*>(buffer.data().data()), buffer.size()});
        }
      },
      [&] {
        WebSocket ws(server_io, server_context);
        auto& socket = ws.next_layer().next_layer();
        acceptor.accept(socket);
        socket.set_option(Tcp::no_delay(true));
        ws.next_layer().handshake(asio::ssl::stream_base::server);
        ws.accept();
        ws.text(true);
        beast::flat_static_buffer<4096> buffer;
        for (int i = 0; i != kWssWarm + kWssRoundTrips; ++i) {
          read_spinning(server_io, ws, buffer);
          ws.write(buffer.data());
        }
      });
  return result;
}

}  // namespace jobber::bench
