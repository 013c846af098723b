#!/usr/bin/env escript
%% Decodes H.248 text messages with Erlang/OTP megaco: an encoder and decoder that shares no code with ours.
%% Input: a file of messages, each behind its length in four octets, most significant first.
%% Output, a line a message: "ok TERM COMPACT PRETTY" or "error TEXT". TERM is a digest of the decoded message;
%% COMPACT and PRETTY are its re-encodings in base64.
%%! +S 1:1

main([File]) ->
    {ok, Bytes} = file:read_file(File),
    each(Bytes).

each(<<Size:32, Message:Size/binary, Rest/binary>>) ->
    io:format("~s~n", [line(Message)]),
    each(Rest);
each(<<>>) ->
    ok.

line(Message) ->
    try
        {ok, Term} = megaco_pretty_text_encoder:decode_message([], dynamic, Message),
        {ok, Term} = megaco_compact_text_encoder:decode_message([], dynamic, Message),
        Version = element(2, element(3, Term)),
        {ok, Compact} = megaco_compact_text_encoder:encode_message([], Version, Term),
        {ok, Pretty} = megaco_pretty_text_encoder:encode_message([], Version, Term),
        Digest = binary:encode_hex(erlang:md5(term_to_binary(Term))),
        ["ok ", Digest, " ", base64:encode(Compact), " ", base64:encode(Pretty)]
    catch
        _:Reason ->
            Text = io_lib:format("~0p", [Reason]),
            ["error ", [C || C <- lists:flatten(Text), C =/= $\n]]
    end.
