#!/usr/bin/env escript
%% A live H.248 peer made of Erlang/OTP megaco: transactions, timers and transport are its own, and share no code with ours.
%% Arguments: role (mg or mgc), style (compact or pretty), port to listen on, port of the other side on 127.0.0.1.
%% It plays one call: ServiceChange, Add, Modify, Notify, Subtract, in the role given, writes a line for each step, and ends.
%% What it sends is written down as text here and decoded by its own decoder into the terms that its interface wants.
%%! +S 1:1
-module(megaco_peer).
-mode(compile).
-export([main/1]).
-export([handle_connect/2, handle_connect/3, handle_disconnect/3, handle_syntax_error/3, handle_message_error/3,
         handle_trans_request/3, handle_trans_long_request/3, handle_trans_reply/4, handle_trans_ack/4,
         handle_unexpected_trans/3, handle_trans_request_abort/4]).

main([Role, Style, Own, Far]) ->
    Mid = {ip4Address, {'IP4Address', [127, 0, 0, 1], list_to_integer(Own)}},
    Encoder = case Style of
                  "compact" -> megaco_compact_text_encoder;
                  "pretty" -> megaco_pretty_text_encoder
              end,
    register(peer, self()),
    ok = application:start(megaco),
    Timer = {megaco_incr_timer, 200, 2, 0, 10},
    ok = megaco:start_user(Mid, [{user_mod, ?MODULE}, {encoding_mod, Encoder}, {encoding_config, []},
                                 {send_mod, megaco_udp}, {protocol_version, 2}, {request_timer, Timer},
                                 {long_request_timer, 10000}, {pending_timer, infinity}, {reply_timer, 10000}]),
    RH = megaco:user_info(Mid, receive_handle),
    {ok, Sup} = megaco_udp:start_transport(),
    {ok, Socket, Control} = megaco_udp:open(Sup, [{port, list_to_integer(Own)}, {receive_handle, RH}]),
    To = megaco_udp:create_send_handle(Socket, {127, 0, 0, 1}, list_to_integer(Far)),
    say("listening", []),
    play(Role, {Mid, RH, To, Control, Far}),
    say("end", []),
    halt(0).

%% The gateway registers, does as it is told, and reports between Modify and Subtract.
play("mg", {_, RH, To, Control, Far}) ->
    Remote = {ip4Address, {'IP4Address', [127, 0, 0, 1], list_to_integer(Far)}},
    {ok, CH} = megaco:connect(RH, Remote, To, Control),
    order(CH, "C=-{SC=ROOT{SV{MT=RS,RE=\"901 Cold Boot\",V=2,PF=simiq/1}}}"),
    CH2 = await(addReq, CH),
    await(modReq, CH),
    order(CH2, "C=7{N=ip/core/71{OE=4001{20260101T12000012:tcpbcc/BNCChange{ST=1,Type=Est}}}}"),
    await(subtractReq, CH),
    await_ack();
%% The controller waits for the gateway and orders.
play("mgc", _) ->
    CH = await(serviceChangeReq, none),
    timer:sleep(50),
    order(CH, "C=${A=ip/core/${M{ST=1{O{MO=SR},L{\nv=0\nc=IN IP4 $\nm=message $ TCP/MSRP *\na=setup:active\n}}},"
          "E=4001{tcpbcc/BNCChange{ST=1}}}}"),
    order(CH, "C=7{MF=ip/core/71{M{ST=1{R{\nv=0\nc=IN IP4 198.51.100.77\nm=message 50010 TCP/MSRP *\n}}}}}"),
    await(notifyReq, CH),
    order(CH, "C=7{S=ip/core/71{AT{SA}}}"),
    timer:sleep(300).

order(CH, Text) ->
    {transactions, [{transactionRequest, {'TransactionRequest', _, Actions}}]} = body("T=1{" ++ Text ++ "}"),
    {_, Reply} = megaco:call(CH, Actions, []),
    case Reply of
        {ok, [{'ActionReply', Context, asn1_NOVALUE, _, Commands}]} -> say("reply ~p ~p", [Context, [element(1, C) || C <- Commands]]);
        {ok, [{'ActionReply', Context, asn1_NOVALUE, _, Commands}], _} -> say("reply ~p ~p", [Context, [element(1, C) || C <- Commands]]);
        %% Our gateway has not seen the reply to its ServiceChange yet.
        {error, {'ErrorDescriptor', 505, _}} -> timer:sleep(200), order(CH, Text);
        _ -> say("refused ~0p", [Reply])
    end.

await(Verb, _) ->
    receive {Verb, CH} -> CH
    after 8000 -> say("no ~p came", [Verb]), halt(1)
    end.

await_ack() ->
    receive ack -> ok
    after 8000 -> say("no acknowledgement came", []), halt(1)
    end.

body(Text) ->
    Message = list_to_binary("MEGACO/2 [127.0.0.1]:2944\n" ++ Text),
    {ok, {'MegacoMessage', _, {'Message', _, _, Body}}} = megaco_compact_text_encoder:decode_message([], dynamic, Message),
    Body.

say(Format, Args) -> io:format(Format ++ "~n", Args).

answer(serviceChangeReq) -> "C=-{SC=ROOT{SV{V=2,PF=simiq/1}}}";
answer(addReq) -> "C=7{A=ip/core/71{M{ST=1{L{\nv=0\nc=IN IP4 198.51.100.20\nm=message 40002 TCP/MSRP *\na=setup:active\n}}}}}";
answer(modReq) -> "C=7{MF=ip/core/71}";
answer(notifyReq) -> "C=7{N=ip/core/71}";
answer(subtractReq) -> "C=7{S=ip/core/71{SA{nt/dur=35110,nt/os=18100,nt/or=20100}}}".

handle_connect(_CH, _Version) -> ok.
handle_connect(_CH, _Version, _Extra) -> ok.
handle_disconnect(_CH, _Version, _Reason) -> ok.
handle_syntax_error(_RH, _Version, Error) -> say("syntax error ~0p", [Error]), reply.
handle_message_error(_CH, _Version, Error) -> say("message error ~0p", [Error]), no_reply.

handle_trans_request(CH, _Version, [Action | _]) ->
    [Command | _] = element(5, Action),
    {Verb, _} = element(2, Command),
    say("~p in ~p", [Verb, element(2, Action)]),
    {transactions, [{transactionReply, Reply}]} = body("P=1{" ++ answer(Verb) ++ "}"),
    {actionReplies, Replies} = element(4, Reply),
    peer ! {Verb, CH},
    %% The last reply asks for the third leg of the handshake.
    case Verb of
        subtractReq -> {{handle_ack, done}, Replies};
        _ -> {discard_ack, Replies}
    end.

handle_trans_long_request(_CH, _Version, _Data) -> {discard_ack, {error, asn1_NOVALUE}}.
handle_trans_reply(_CH, _Version, _Reply, _Data) -> ok.
handle_trans_ack(_CH, _Version, Status, _Data) -> say("ack ~p", [Status]), peer ! ack, ok.
handle_unexpected_trans(_CH, _Version, Trans) -> say("unexpected ~0p", [Trans]), ok.
handle_trans_request_abort(_CH, _Version, _Id, _Pid) -> ok.
