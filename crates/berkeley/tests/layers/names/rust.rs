//! The names that socket2 and std have for sockets, by whose they are.

pub(super) const NAMES: &[(&str, &str)] = &[
    (
        "socket2",
        "
        Domain SockAddr SockRef MsgHdr MsgHdrMut RecvFlags TcpKeepalive Socket new pair bind listen accept
        accept_raw connect connect_timeout shutdown local_addr peer_addr try_clone take_error nonblocking
        set_nonblocking set_cloexec set_reuse_address reuse_address set_reuse_port set_keepalive set_tcp_keepalive
        set_linger set_broadcast set_recv_buffer_size recv_buffer_size set_send_buffer_size send_buffer_size
        set_read_timeout read_timeout set_write_timeout write_timeout bind_device device set_mark
        set_out_of_band_inline set_passcred is_listener set_cpu_affinity set_ttl_v4 set_tos_v4 set_multicast_ttl_v4
        set_multicast_loop_v4 set_multicast_if_v4 set_multicast_all_v4 set_freebind_v4 set_ip_transparent_v4
        set_header_included_v4 set_recv_tos_v4 set_unicast_hops_v6 set_multicast_hops_v6 set_multicast_loop_v6
        set_multicast_if_v6 set_multicast_all_v6 set_only_v6 set_tclass_v6 set_recv_tclass_v6 set_freebind_v6
        set_header_included_v6 set_recv_hoplimit_v6 set_tcp_nodelay set_tcp_cork set_tcp_quickack set_tcp_mss
        set_tcp_congestion set_tcp_user_timeout set_thin_linear_timeouts set_tcp_notsent_lowat join_multicast_v4
        join_multicast_v4_n leave_multicast_v4 join_multicast_v6 leave_multicast_v6 join_ssm_v4 leave_ssm_v4
        recv recv_from recv_vectored recv_from_vectored peek send send_to send_vectored send_to_vectored
        send_out_of_band sendfile attach_filter detach_filter
        ",
    ),
    (
        "std",
        "
        TcpStream TcpListener UdpSocket UnixStream UnixListener UnixDatagram ToSocketAddrs incoming set_nodelay
        set_ttl set_read_timeout set_write_timeout set_nonblocking local_addr peer_addr try_clone take_error pair
        peer_cred write_all read_vectored write_vectored
        ",
    ),
];
